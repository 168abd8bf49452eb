"""Encoders of torchvision on weights that Pith computes too.

    python benches/agreement/encoders.py benches/agreement/golden/encoders.json

Writes the vectors of two pictures that tiny ResNets (basic and bottleneck blocks), a ConvNeXt and a
vision transformer give; `crates/learn/tests/it/agreement.rs` asks Pith's encoders for the same.
"""

import json
import re
import sys
from pathlib import Path

import torch
from torch import nn
from torchvision.models import convnext, resnet, vision_transformer

sys.path.append(str(Path(__file__).resolve().parents[1] / "torch_twin"))
from formula import numbers, parameters  # noqa: E402

SCALE = 0.2


class Stack(nn.Module):
    """A stem and blocks of torchvision's ResNet, narrower than its constructors allow."""

    def __init__(self, block, widths, counts, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(3, widths[0], kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(widths[0])
        self.pool = nn.MaxPool2d(3, 2, 1) if stride == 2 else nn.Identity()
        blocks, inputs = [], widths[0]
        for stage, (width, count) in enumerate(zip(widths, counts, strict=True)):
            for place in range(count):
                step = 2 if stage > 0 and place == 0 else 1
                outputs = width * block.expansion
                shortcut = None
                if step != 1 or inputs != outputs:
                    conv = nn.Conv2d(inputs, outputs, 1, step, bias=False)
                    shortcut = nn.Sequential(conv, nn.BatchNorm2d(outputs))
                blocks.append(block(inputs, width, step, shortcut))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(self.pool(self.norm(self.conv(x)).relu())).mean((2, 3))


RESNET = {
    r"^(conv|norm)\.": r"stem.\1.",
    r"bn(\d)": r"norm\1",
    r"downsample\.0": "shortcut.conv",
    r"downsample\.1": "shortcut.norm",
}
CONVNEXT = {
    r"features\.0\.0": "stem.conv",
    r"features\.0\.1": "stem.norm",
    r"features\.1\.(\d)\.": r"stages.0.blocks.\1.",
    r"features\.2\.0": "stages.1.reduction.norm",
    r"features\.2\.1": "stages.1.reduction.conv",
    r"features\.3\.(\d)\.": r"stages.1.blocks.\1.",
    r"block\.0": "depthwise",
    r"block\.2": "norm",
    r"block\.3": "up",
    r"block\.5": "down",
    "layer_scale": "scale",
    r"classifier\.0": "norm",
}
VIT = {
    r"conv_proj\.weight": "embed",
    r"conv_proj\.bias": "bias",
    "class_token": "class",
    r"encoder\.pos_embedding": "positions",
    r"encoder\.layers\.encoder_layer_(\d)": r"transformer.blocks.\1",
    r"ln_(\d)": r"norm\1",
    r"self_attention\.in_proj_": "attention.qkv.",
    r"self_attention\.out_proj": "attention.projection",
    r"mlp\.0": "up",
    r"mlp\.3": "down",
    r"encoder\.ln\.": "transformer.norm.",
}
COMMON = {
    r"(norm\d?)\.weight$": r"\1.gamma",
    r"(norm\d?)\.bias$": r"\1.beta",
    "running_var$": "running_variance",
}
# Pith keeps these as [inputs, outputs].
TURNED = re.compile(r"(up|down|qkv|projection)\.weight$")


def pith_name(name: str, renames: dict) -> str:
    for pattern, replacement in {**renames, **COMMON}.items():
        name = re.sub(pattern, replacement, name)
    return name


def vectors(model, renames: dict, side: int, encode=None) -> list:
    """The output for two pictures, with all weights by the formula."""
    model.eval()
    state = {
        name: value
        for name, value in model.state_dict().items()
        if "num_batches_tracked" not in name
        and not name.startswith(("classifier.2", "heads"))
    }
    shapes = {}
    for name, value in state.items():
        pith = pith_name(name, renames)
        shape = list(value.shape)
        if TURNED.search(pith):
            shape.reverse()
        if pith == "positions":
            shape = [shape[1] - 1, shape[2]]  # here the class token has one too
        shapes[pith] = shape
    values = parameters(shapes, SCALE)
    for name, old in state.items():
        pith = pith_name(name, renames)
        value = values[pith]
        if TURNED.search(pith):
            value = value.T
        if pith == "positions":
            value = torch.cat([torch.zeros(1, value.shape[1]), value])
        old.copy_(value.reshape(old.shape))
    pictures = numbers([2, 3, side, side], 0, 1.0)
    with torch.no_grad():
        return (encode or model)(pictures).flatten().tolist()


def main():
    basic = Stack(resnet.BasicBlock, [4, 8], [1, 2], 7, 2)
    bottleneck = Stack(resnet.Bottleneck, [4, 8], [1, 2], 3, 1)
    stages = [convnext.CNBlockConfig(8, 16, 1), convnext.CNBlockConfig(16, None, 2)]
    next_ = convnext.ConvNeXt(stages, num_classes=1)
    vit = vision_transformer.VisionTransformer(8, 4, 2, 2, 8, 32, num_classes=1)
    vit.heads = nn.Identity()
    pooled = lambda x: next_.classifier[0](next_.avgpool(next_.features(x)))  # noqa: E731
    found = {
        "resnet-basic": vectors(basic, RESNET, 16),
        "resnet-bottleneck": vectors(bottleneck, RESNET, 8),
        "convnext": vectors(next_, CONVNEXT, 16, pooled),
        "vit": vectors(vit, VIT, 8),
    }
    file = Path(sys.argv[1])
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()

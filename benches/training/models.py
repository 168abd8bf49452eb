"""The models of src/case.rs in PyTorch, under the same names."""

import torch
import torch.nn.functional as F
from torch import nn

CLASSES = 10


class Layers(nn.Module):
    """Linear and ReLU, repeated; a linear layer at the end."""

    def __init__(self, widths):
        super().__init__()
        self.hidden = nn.ModuleList(
            nn.ModuleDict({"linear": nn.Linear(i, o)}) for i, o in zip(widths[:-2], widths[1:-1])
        )
        self.output = nn.Linear(widths[-2], widths[-1])

    def forward(self, x):
        for layer in self.hidden:
            x = F.relu(layer["linear"](x))
        return self.output(x)


class Autoencoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = Layers([784, 512, 256, 32])
        self.decoder = Layers([32, 256, 512, 784])

    def output(self, inputs):
        return self.decoder(self.encoder(inputs["rows"].view(-1, 784)))

    def loss(self, inputs):
        return F.mse_loss(self.output(inputs), inputs["rows"].view(-1, 784))


class Entry(nn.Module):
    def __init__(self, inputs, outputs, kernel, stride):
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
        self.norm = nn.BatchNorm2d(outputs)

    def forward(self, x):
        return self.norm(self.conv(x))


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        changes = stride != 1 or inputs != outputs
        self.shortcut = Entry(inputs, outputs, 1, stride) if changes else None

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        x = F.relu(self.norm1(self.conv1(x)))
        return F.relu(self.norm2(self.conv2(x)) + identity)


class ResNet(nn.Module):
    def __init__(self, widths, blocks):
        super().__init__()
        self.stem = Entry(3, widths[0], 3, 1)
        layers, inputs = [], widths[0]
        for stage, (width, count) in enumerate(zip(widths, blocks)):
            for place in range(count):
                layers.append(Block(inputs, width, 2 if stage > 0 and place == 0 else 1))
                inputs = width
        self.blocks = nn.Sequential(*layers)
        self.width = inputs

    def forward(self, x):
        return self.blocks(F.relu(self.stem(x))).mean((2, 3))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.projection = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x):
        n, t, width = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.projection(mixed.transpose(1, 2).reshape(n, t, width))


class TransformerBlock(nn.Module):
    def __init__(self, width, heads, epsilon):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, epsilon)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, epsilon)
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x):
        x = x + self.attention(self.norm1(x))
        return x + self.down(F.gelu(self.up(self.norm2(x))))


class Transformer(nn.Module):
    def __init__(self, width, depth, heads, epsilon):
        super().__init__()
        self.blocks = nn.Sequential(
            *(TransformerBlock(width, heads, epsilon) for _ in range(depth))
        )
        self.norm = nn.LayerNorm(width, epsilon)

    def forward(self, x):
        return self.norm(self.blocks(x))


class Vit(nn.Module):
    width = 192

    def __init__(self):
        super().__init__()
        self.embed = nn.Parameter(torch.empty(self.width, 3, 4, 4))
        self.bias = nn.Parameter(torch.empty(self.width))
        self.positions = nn.Parameter(torch.empty(64, self.width))
        setattr(self, "class", nn.Parameter(torch.empty(1, self.width)))
        self.transformer = Transformer(self.width, 6, 3, 1e-6)

    def forward(self, x):
        patches = F.conv2d(x, self.embed, self.bias, stride=4).flatten(2).transpose(1, 2)
        leading = getattr(self, "class").expand(len(x), 1, self.width)
        tokens = torch.cat([leading, patches + self.positions], 1)
        return self.transformer(tokens)[:, 0]


def pictures(inputs, name):
    return inputs[name].view(-1, 3, 32, 32)


class Classifier(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(encoder.width, CLASSES)

    def output(self, inputs):
        return self.head(self.encoder(pictures(inputs, "first")))

    def loss(self, inputs):
        return F.cross_entropy(self.output(inputs), inputs["labels"].long())


class Contrastive(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = ResNet([32, 64, 128], [1, 1, 1])

    def output(self, inputs):
        return self.encoder(pictures(inputs, "first"))

    def loss(self, inputs):
        a, b = (self.encoder(pictures(inputs, view)) for view in ("first", "second"))
        z = F.normalize(torch.cat([a, b]), dim=1)
        similarity = z @ z.T / 0.2
        similarity.fill_diagonal_(-torch.inf)
        return F.cross_entropy(similarity, torch.arange(len(z)).roll(len(a)))


class Text(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Parameter(torch.empty(1000, 384))
        self.positions = nn.Parameter(torch.empty(128, 384))
        self.transformer = Transformer(384, 6, 12, 1e-5)
        self.head = nn.Linear(384, CLASSES)

    def output(self, inputs):
        ids = inputs["tokens"].long().view(-1, 128)
        return self.transformer(F.embedding(ids, self.embedding) + self.positions).mean(1)

    def loss(self, inputs):
        return F.cross_entropy(self.head(self.output(inputs)), inputs["labels"].long())


class Convolution(nn.Module):
    def __init__(self, shape, stride, padding, groups):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(shape))
        self.settings = {"stride": stride, "padding": padding, "groups": groups}

    def output(self, inputs):
        side = int(inputs["side"])
        channels = self.weight.shape[1] * self.settings["groups"]
        pixels = inputs["pixels"].view(-1, channels, side, side)
        # A patch embedding reads the picture; what a depthwise layer reads was computed.
        if self.settings["groups"] > 1 and torch.is_grad_enabled():
            pixels = pixels.detach().requires_grad_()
        return F.conv2d(pixels, self.weight, **self.settings).flatten(1)

    def loss(self, inputs):
        return self.output(inputs).square().mean()


def normal(*shape):
    return torch.randn(shape)


def picture_batch(count, *views):
    batch = {view: normal(count, 3, 32, 32) for view in views}
    return batch | {"labels": torch.randint(CLASSES, (count,)).float()}


def convolution(shape, stride, padding, groups, batch, side):
    def case():
        pixels = normal(batch, shape[1] * groups, side, side)  # drawn where the worker has set its seed
        inputs = {"pixels": pixels, "side": torch.tensor([float(side)])}
        return Convolution(shape, stride, padding, groups), inputs

    return case


# name: a function that gives the model and its batch
CASES = {
    "mlp-autoencoder": lambda: (Autoencoder(), {"rows": torch.rand(256, 784)}),
    "resnet-contrastive": lambda: (Contrastive(), picture_batch(128, "first", "second")),
    "resnet18": lambda: (
        Classifier(ResNet([64, 128, 256, 512], [2, 2, 2, 2])),
        picture_batch(64, "first"),
    ),
    "vit": lambda: (Classifier(Vit()), picture_batch(64, "first")),
    "transformer": lambda: (
        Text(),
        {
            "tokens": torch.randint(1000, (16, 128)).float(),
            "labels": torch.randint(CLASSES, (16,)).float(),
        },
    ),
    "patch-embedding-small": convolution((192, 3, 4, 4), 4, 0, 1, 64, 32),
    "patch-embedding-large": convolution((192, 3, 16, 16), 16, 0, 1, 8, 224),
    "depthwise-3": convolution((96, 1, 3, 3), 1, 1, 96, 64, 32),
    "depthwise-7": convolution((96, 1, 7, 7), 1, 3, 96, 64, 32),
}

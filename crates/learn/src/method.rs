//! What a listing says of a method, and the macro that makes a kind out of its list.

/// One line about a method, for `pith list` and the documentation table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Method {
    /// The recipe's keyword.
    pub keyword: &'static str,
    /// What it does, in one line.
    pub summary: &'static str,
    /// Authors, title, venue.
    pub citation: &'static str,
}

/// What a method file says of itself; its keyword stands in the list of its kind.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// What it does, in one line.
    pub summary: &'static str,
    /// Authors, title, venue.
    pub citation: &'static str,
}

/// Declares the members of a kind, one line each: `file::Type = "keyword"`, after the kind's name,
/// its trait and what an initial member is built for.
///
/// From the list come the files, the recipe keyword (a serde variant of `Config`), the module enum,
/// its initialization and dispatch, and the [`Method`] entries. `rustfmt` does not follow modules declared inside a macro: the format
/// check names every file instead.
macro_rules! methods {
    (
        $(#[$about:meta])*
        $kind:ident: $behaviour:ident($context:ty) {
            $($file:ident::$name:ident = $keyword:literal),+ $(,)?
        }
    ) => {
        $(pub mod $file;)+

        /// The method and its settings, as a recipe names them.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub enum Config {
            $(
                #[doc = concat!("`", $keyword, "`")]
                #[serde(rename = $keyword)]
                $name($file::Config),
            )+
        }

        impl Config {
            /// The recipe's keyword.
            pub fn keyword(&self) -> &'static str {
                match self {
                    $(Config::$name(_) => $keyword,)+
                }
            }

            /// The method with initial parameters.
            ///
            /// # Errors
            /// Where it does not fit what it is built for, or a setting is out of range.
            pub fn init(
                &self,
                context: $context,
                init: &mut crate::nn::Init,
            ) -> Result<$kind, crate::Error> {
                match self {
                    $(Config::$name(config) => config.init(context, init).map($kind::$name),)+
                }
            }

            /// The method with its default settings, or none where the keyword is unknown.
            pub fn default_of(keyword: &str) -> Option<Self> {
                match keyword {
                    $($keyword => Some(Config::$name($file::Config::default())),)+
                    _ => None,
                }
            }
        }

        $(#[$about])*
        #[derive(burn::module::Module, Debug)]
        #[allow(clippy::large_enum_variant, reason = "one of them exists in a run")]
        pub enum $kind {
            $(
                #[doc = concat!("`", $keyword, "`")]
                $name($file::$name),
            )+
        }

        impl std::ops::Deref for $kind {
            type Target = dyn $behaviour;

            fn deref(&self) -> &Self::Target {
                match self {
                    $($kind::$name(method) => method,)+
                }
            }
        }

        impl std::ops::DerefMut for $kind {
            fn deref_mut(&mut self) -> &mut Self::Target {
                match self {
                    $($kind::$name(method) => method,)+
                }
            }
        }

        /// Every method of this kind.
        pub const METHODS: &[crate::method::Method] = &[
            $(crate::method::Method {
                keyword: $keyword,
                summary: $file::ABOUT.summary,
                citation: $file::ABOUT.citation,
            },)+
        ];
    };
}
pub(crate) use methods;

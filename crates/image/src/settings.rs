//! What the rescue system is told about the image it came in: `/etc/zshield/rescue.toml`.

use serde::Serialize;
use zshield_messages::Language;
use zshield_plan::policy::Policy;

#[derive(Serialize)]
struct Settings {
    language: &'static str,
    allow_shell: bool,
    insecure_unsigned: bool,
}

/// The file's content.
pub fn rescue_toml(policy: &Policy, insecure_unsigned: bool) -> String {
    let settings = Settings {
        language: Language::from(policy.product.language).tag(),
        allow_shell: policy.image.allow_shell,
        insecure_unsigned,
    };
    // Two booleans and a word are always TOML.
    toml::to_string(&settings).unwrap_or_default()
}

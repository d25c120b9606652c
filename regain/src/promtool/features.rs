//! `promtool --enable-feature`: what expressions may have.

use regain_promql::ParserOptions;

use crate::exit;
use crate::flags::Line;

/// Reads the flag. What is no feature of expressions is warned about.
pub(super) fn parser_options(line: &Line) -> ParserOptions {
    let mut options = ParserOptions::default();
    for feature in line.texts("enable-feature").iter().flat_map(|value| value.split(',')) {
        match feature {
            "promql-experimental-functions" => options.experimental_functions = true,
            "promql-extended-range-selectors" => options.extended_range_selectors = true,
            "promql-binop-fill-modifiers" => options.fill_modifiers = true,
            // The one changes evaluations alone, the other is always on.
            "" | "promql-delayed-name-removal" | "promql-duration-expr" => {}
            other => {
                exit::say(&format!(
                    "  WARNING: Unknown feature passed to --enable-feature: {other}"
                ));
            }
        }
    }
    options
}

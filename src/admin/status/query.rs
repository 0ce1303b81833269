//! What a page's address asks for: `?sort=rate&reverse=1&text=alice&view=rates`. What it does not know it leaves out.

use super::super::watch::{Order, Shown, Trait, View};

/// What is to be shown.
pub fn shown(asked: &str) -> Shown {
    let mut shown = Shown::default();
    for (name, value) in form_urlencoded::parse(asked.as_bytes()) {
        match name.as_ref() {
            "sort" => shown.order = Order::named(&value).unwrap_or_default(),
            "reverse" => shown.reversed = value == "1",
            "text" => shown.text = value.into_owned(),
            "view" => shown.view = view(&value),
            _ => {}
        }
    }
    shown
}

/// The address that asks for this, from its question mark on.
pub fn of(shown: &Shown) -> String {
    let mut asked = form_urlencoded::Serializer::for_suffix("?".to_owned(), 1);
    asked.append_pair("view", name(shown.view)).append_pair("sort", shown.order.name());
    if shown.reversed {
        asked.append_pair("reverse", "1");
    }
    if !shown.text.is_empty() {
        asked.append_pair("text", &shown.text);
    }
    asked.finish()
}

/// The name of a view in an address.
pub fn name(view: View) -> &'static str {
    match view {
        View::Sessions => "sessions",
        View::Rates => "transfers",
        View::Together(Trait::User) => "users",
        View::Together(Trait::Host) => "hosts",
        View::Together(Trait::Server) => "servers",
    }
}

/// Each view, as the page offers them.
pub const VIEWS: [View; 5] = [
    View::Sessions,
    View::Rates,
    View::Together(Trait::User),
    View::Together(Trait::Host),
    View::Together(Trait::Server),
];

fn view(text: &str) -> View {
    VIEWS.into_iter().find(|&view| name(view) == text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_is_shown_and_back() {
        let asked = shown("view=hosts&sort=rate&reverse=1&text=a%26b+%e4%bd%a0&more");
        assert_eq!(
            (asked.view, asked.order, asked.reversed),
            (View::Together(Trait::Host), Order::Rate, true)
        );
        assert_eq!(asked.text, "a&b \u{4f60}");
        assert_eq!(of(&asked), "?view=hosts&sort=rate&reverse=1&text=a%26b+%E4%BD%A0");
        assert_eq!(of(&shown("")), "?view=sessions&sort=pid");
        assert_eq!(of(&shown("view=x&sort=y&reverse=2&text=")), "?view=sessions&sort=pid");
    }
}

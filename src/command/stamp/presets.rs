//! Addresses of public authorities of time stamps by name. The data stand in `presets.toml`, with
//! where each is from and how sure that is; they are a help in typing, and no reason to trust
//! anybody.

use crate::located::{File, Item};

/// The file.
const PRESETS: &str = include_str!("presets.toml");

/// The address of a name, where it is one.
pub(super) fn address(name: &str) -> Option<String> {
    let file = File::parse(PRESETS.as_bytes()).ok()?;
    let presets = file.root().find("preset")?.list()?;
    let sections = presets.filter_map(Item::section);
    let text = |item: Option<Item<'_>>| item.and_then(Item::text).map(str::to_owned);
    let mut addresses = sections
        .filter(|one| text(one.find("name")).as_deref() == Some(name))
        .map(|one| text(one.find("url")));
    addresses.next()?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::stamping::Address;

    #[test]
    fn each_has_an_address_and_says_where_it_is_from() {
        let file = File::parse(PRESETS.as_bytes()).expect("TOML");
        let presets = file.root().find("preset").and_then(Item::list);
        let mut count = 0;
        for one in presets.expect("a list").filter_map(Item::section) {
            let keys: Vec<&str> = one.items().map(Item::key).collect();
            assert_eq!(keys, ["name", "url", "sure", "date", "source"]);
            assert!(
                one.items()
                    .all(|item| item.text().is_some_and(|text| !text.is_empty()))
            );
            let name = one.find("name").and_then(Item::text).expect("a name");
            let url = address(name).expect("an address");
            assert!(Address::parse(&url).is_ok_and(|address| address.is_secure()));
            count += 1;
        }
        assert!(count > 0);
        for other in ["", "nobody", "https://tsr.open-tsa.eu", "Open-TSA"] {
            assert_eq!(address(other), None);
        }
    }
}

//! The map in `ARCHITECTURE.md` tells of the rooms what their manifests say; circles among them Cargo refuses itself.

use std::collections::{BTreeMap, BTreeSet};

#[test]
fn the_map_allows_a_room_what_its_manifest_lists() {
    let map = std::fs::read_to_string("ARCHITECTURE.md").unwrap();
    let allowed = allowed(&map);
    let rooms = rooms();
    for (room, used) in &rooms {
        let known = allowed
            .get(room)
            .unwrap_or_else(|| panic!("src/{room} does not stand in ARCHITECTURE.md"));
        let further: Vec<_> = used.difference(known).collect();
        assert!(
            further.is_empty(),
            "src/{room}/Cargo.toml lists {further:?}: ARCHITECTURE.md does not allow it"
        );
    }
    // A reader that finds nothing would allow everything.
    assert!(rooms["register"].contains("domain"));
    assert!(rooms.len() > 10);
}

/// Each package below `src` with the rooms of its dependencies; `plain` is anybody's.
fn rooms() -> BTreeMap<String, BTreeSet<String>> {
    std::fs::read_dir("src")
        .unwrap()
        .filter_map(|entry| {
            let folder = entry.unwrap();
            let manifest = std::fs::read_to_string(folder.path().join("Cargo.toml")).ok()?;
            let manifest: toml::Table = toml::from_str(&manifest).unwrap();
            let listed = manifest.get("dependencies").and_then(|it| it.as_table());
            let used = listed
                .into_iter()
                .flat_map(|listed| listed.keys())
                .filter_map(|name| name.strip_prefix("redress-"))
                .filter(|room| *room != "plain")
                .map(|room| room.replace('-', "_"))
                .collect();
            Some((folder.file_name().into_string().unwrap(), used))
        })
        .collect()
}

/// The rows of the map: `| src/room | what it does | may use |`.
fn allowed(map: &str) -> BTreeMap<String, BTreeSet<String>> {
    let rows: Vec<(&str, &str)> = map
        .lines()
        .filter_map(|line| {
            let mut cells = line.split(" | ");
            let room = cells.next()?.strip_prefix("| `src/")?.strip_suffix('`')?;
            Some((room, cells.nth(1)?.trim_end_matches(" |")))
        })
        .collect();
    let all: BTreeSet<String> = rows.iter().map(|(room, _)| (*room).to_owned()).collect();
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric() && c != '_')
            .filter(|word| all.contains(*word))
            .map(str::to_owned)
            .collect()
    };
    rows.iter()
        .map(|(room, text)| {
            let may = match text.strip_prefix("all") {
                Some(but) => all.difference(&words(but)).cloned().collect(),
                None => words(text),
            };
            ((*room).to_owned(), may)
        })
        .collect()
}

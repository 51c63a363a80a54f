//! The rooms of the code use one another only as `ARCHITECTURE.md` allows, and never in a circle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// For each room, the rooms that it names.
type Uses = BTreeMap<String, BTreeSet<String>>;

#[test]
fn a_room_uses_what_the_map_allows_it_and_nothing_else() {
    let allowed = allowed(&std::fs::read_to_string("ARCHITECTURE.md").unwrap());
    let found = uses_in(Path::new("src"), &allowed);
    for (room, used) in &found {
        let forbidden: Vec<_> = used.difference(&allowed[room]).collect();
        assert!(
            forbidden.is_empty(),
            "src/{room} uses {forbidden:?}: ARCHITECTURE.md does not allow it"
        );
    }
    // A reader that finds nothing would allow everything.
    assert!(found["register"].contains("domain"));
    assert!(found["cli"].contains("web"));
}

#[test]
fn no_rooms_use_one_another_in_a_circle() {
    let allowed = allowed(&std::fs::read_to_string("ARCHITECTURE.md").unwrap());
    assert_eq!(circle(&uses_in(Path::new("src"), &allowed)), None);
}

#[test]
fn a_circle_over_three_rooms_is_found() {
    let rooms = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
    let mut uses = Uses::from([
        ("channels".to_owned(), rooms(&["review"])),
        ("review".to_owned(), rooms(&["engine"])),
        ("engine".to_owned(), BTreeSet::new()),
    ]);
    assert_eq!(circle(&uses), None);
    uses.insert("engine".to_owned(), rooms(&["channels"]));
    assert!(circle(&uses).is_some());
}

#[test]
fn paths_lists_and_other_words_are_told_apart() {
    let allowed = Uses::from([
        ("domain".to_owned(), BTreeSet::new()),
        ("lake".to_owned(), BTreeSet::new()),
        ("stats".to_owned(), BTreeSet::new()),
    ]);
    let text = "use crate::{domain::event, stats};\n// crate::lake\nuse crate::lakes::x;";
    let named: Vec<String> = named_in(text, &allowed).into_iter().collect();
    assert_eq!(named, ["domain", "stats"]);
}

/// The rows of the map: `| src/room | what it does | may use |`.
fn allowed(map: &str) -> Uses {
    let rows: Vec<(String, &str)> = map
        .lines()
        .filter_map(|line| {
            let mut cells = line.split(" | ");
            let room = cells.next()?.strip_prefix("| `src/")?.strip_suffix('`')?;
            Some((room.to_owned(), cells.nth(1)?.trim_end_matches(" |")))
        })
        .collect();
    let all: BTreeSet<String> = rows.iter().map(|(room, _)| room.clone()).collect();
    let words = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
        words
            .filter(|&w| all.contains(w))
            .map(str::to_owned)
            .collect()
    };
    rows.iter()
        .map(|(room, text)| match text.strip_prefix("all") {
            Some(but) => (room.clone(), all.difference(&words(but)).cloned().collect()),
            None => (room.clone(), words(text)),
        })
        .collect()
}

fn uses_in(folder: &Path, allowed: &Uses) -> Uses {
    let mut found = Uses::new();
    for room in allowed.keys() {
        let mut used = BTreeSet::new();
        let mut waiting: Vec<PathBuf> = vec![folder.join(room), folder.join(format!("{room}.rs"))];
        while let Some(path) = waiting.pop() {
            if path.is_dir() {
                let inside = std::fs::read_dir(&path).unwrap();
                waiting.extend(inside.map(|entry| entry.unwrap().path()));
            } else if path.extension().is_some_and(|end| end == "rs") && path.exists() {
                let text = std::fs::read_to_string(&path).unwrap();
                // What only tests use closes no circle in the program.
                let program = text.split("#[cfg(test)]").next().unwrap_or_default();
                used.extend(named_in(program, allowed));
            }
        }
        used.remove(room);
        found.insert(room.clone(), used);
    }
    found
}

/// The rooms that a text names as `crate::room` or, from the binary, as `redress::room`.
fn named_in(text: &str, rooms: &Uses) -> BTreeSet<String> {
    let code: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect();
    let code = code.join("\n");
    let mut named = BTreeSet::new();
    for start in ["crate::", "redress::"] {
        for rest in code.split(start).skip(1) {
            let list = match rest.strip_prefix('{') {
                Some(list) => list.split("};").next().unwrap_or_default(),
                None => rest
                    .split(|c: char| !c.is_alphanumeric() && c != '_')
                    .next()
                    .unwrap_or_default(),
            };
            // In a list every first word is a room's or none of ours; what follows `::` is not one.
            for entry in list.split([',', '{', '\n']) {
                let word = entry.trim().split("::").next().unwrap_or_default();
                if rooms.contains_key(word) {
                    named.insert(word.to_owned());
                }
            }
        }
    }
    named
}

/// The rooms of which each one uses another of them, where there are any.
fn circle(uses: &Uses) -> Option<Vec<String>> {
    let mut left = uses.clone();
    loop {
        let free: Vec<String> = left
            .iter()
            .filter(|(_, used)| used.iter().all(|room| !left.contains_key(room)))
            .map(|(room, _)| room.clone())
            .collect();
        if free.is_empty() {
            return (!left.is_empty()).then(|| left.into_keys().collect());
        }
        left.retain(|room, _| !free.contains(room));
    }
}

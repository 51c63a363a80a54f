//! What must hold of the whole computation, whatever the texts.

mod boilerplate;
mod extension;
mod matters;
mod rubbish;
mod settled;

use super::*;

/// Texts with nothing settled.
fn plain<S: AsRef<str>>(texts: &[S]) -> Vec<Text<'_>> {
    texts
        .iter()
        .map(|text| Text {
            text: text.as_ref(),
            ..Text::default()
        })
        .collect()
}

fn run<S: AsRef<str>>(texts: &[S]) -> Clustering {
    cluster(&plain(texts), &Options::default())
}

/// Numbers without chance in them: splitmix64.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % most.max(1) as u64) as usize
    }
}

/// Complaints about so many matters, each told several times with some of its words.
fn complaints(matters: usize, told: usize) -> Vec<String> {
    let mut numbers = Numbers(7);
    let words: Vec<String> = (0..4_000)
        .map(|_| {
            let letters = 3 + numbers.below(7);
            (0..letters)
                .map(|_| char::from(b'a' + numbers.below(26) as u8))
                .collect()
        })
        .collect();
    let mut texts = Vec::new();
    for _ in 0..matters {
        let own: Vec<usize> = (0..25).map(|_| numbers.below(words.len())).collect();
        for _ in 0..told {
            let said: Vec<&str> = own
                .iter()
                .map(|word| match numbers.below(10) < 8 {
                    true => words[*word].as_str(),
                    false => words[numbers.below(200)].as_str(),
                })
                .collect();
            texts.push(said.join(" "));
        }
    }
    // Told in turn, not one matter after the other.
    (0..told)
        .flat_map(|turn| (0..matters).map(move |matter| matter * told + turn))
        .map(|place| texts[place].clone())
        .collect()
}

fn biggest(of: &[Option<u32>]) -> usize {
    let mut sizes = lexicon::Map::<u32, usize>::default();
    for group in of.iter().flatten() {
        *sizes.entry(*group).or_default() += 1;
    }
    sizes.into_values().max().unwrap_or(0)
}

fn assert_each_problem_has_one_theme(problem_of: &[Option<u32>], theme_of: &[Option<u32>]) {
    let mut theme = lexicon::Map::<u32, u32>::default();
    for (problem, own) in problem_of.iter().zip(theme_of) {
        assert_eq!(problem.is_some(), own.is_some());
        if let (Some(problem), Some(own)) = (problem, own) {
            assert_eq!(theme.entry(*problem).or_insert(*own), own);
        }
    }
}

#[test]
fn repeats_of_a_matter_are_one_problem() {
    let texts = complaints(200, 5);
    let found = run(&texts);
    assert_each_problem_has_one_theme(&found.problem_of, &found.theme_of);
    let whole = (0..200)
        .filter(|matter| {
            (1..5).all(|turn| found.problem_of[*matter] == found.problem_of[turn * 200 + matter])
        })
        .count();
    assert!(whole >= 195, "{whole} of 200 matters are whole");
    assert!(biggest(&found.problem_of) <= 10);
}

#[test]
fn groups_are_numbered_from_0_in_the_order_of_the_texts() {
    let found = run(&complaints(50, 3));
    for of in [&found.problem_of, &found.theme_of] {
        let mut next = 0;
        for number in of.iter().flatten() {
            assert!(*number <= next);
            next = next.max(number + 1);
        }
    }
}

#[test]
fn any_number_of_threads_gives_the_same() {
    let texts = complaints(700, 4);
    let results: Vec<_> = [1, 2, 3, 8]
        .into_iter()
        .map(|threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .expect("pool");
            pool.install(|| {
                let found = run(&texts);
                let (problem_of, theme_of) = (found.problem_of.clone(), found.theme_of.clone());
                let mut state = State::of(found);
                let standing = Standing {
                    problem_of: &problem_of,
                    theme_of: &theme_of,
                    ..Standing::default()
                };
                let new = complaints(90, 3);
                let next = extend(&mut state, &standing, &plain(&new), &Options::default());
                (problem_of, theme_of, next.expect("extension"))
            })
        })
        .collect();
    assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn two_form_letters_stay_two_and_single_texts_of_a_kind_meet() {
    let letters = [
        "we work with private persons and organisations",
        "we work with legal and natural persons",
    ];
    let (once, often) = (letters.to_vec(), [letters, letters].concat());
    let mut more = complaints(100, 1);
    let around = more.clone();
    more.extend(often.iter().map(|text| (*text).to_owned()));
    let found = run(&more);
    assert_eq!(found.problem_of[100], found.problem_of[102]);
    assert_ne!(found.problem_of[100], found.problem_of[101]);
    let mut few = around;
    few.extend(once.iter().map(|text| (*text).to_owned()));
    let found = run(&few);
    assert_eq!(found.problem_of[100], found.problem_of[101]);
}

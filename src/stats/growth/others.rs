//! The cases that a cluster is measured by: those of its product, or all, without its own.

/// A cluster belongs to a product when at least this share of its cases names it.
const OF_ONE_PRODUCT: f64 = 0.6;
/// Cases of the product beyond the cluster's own, before the window, below which all cases are the volume.
const LEAST_VOLUME: f64 = 20.0;

/// Cases by month, the same months everywhere, oldest first.
#[derive(Debug, Clone, Copy)]
pub struct Surroundings<'a> {
    /// Of the cluster.
    pub own: &'a [u64],
    /// Of everything.
    pub all: &'a [u64],
    /// Of the cluster's product: the cluster's, and all. `None`: it has no product of its own.
    pub of_product: Option<(&'a [u64], &'a [u64])>,
}

/// Whether a product that so many of a cluster's cases name is the cluster's own.
pub fn is_its_product(named: u64, cases: u64) -> bool {
    named as f64 >= OF_ONE_PRODUCT * cases as f64
}

impl Surroundings<'_> {
    /// The volume of a cluster, see [`super::Volume::OtherCases`]: the other cases of its product. Where it has none, or
    /// where that product has too few others before the last `window` months or none in them, all other cases.
    pub fn others(&self, window: usize) -> Vec<f64> {
        if let Some((own, all)) = self.of_product {
            let others = without(all, own);
            let (past, recent) = others.split_at(others.len().saturating_sub(window));
            if past.iter().sum::<f64>() >= LEAST_VOLUME && recent.iter().sum::<f64>() > 0.0 {
                return others;
            }
        }
        without(self.all, self.own)
    }
}

fn without(all: &[u64], own: &[u64]) -> Vec<f64> {
    let pairs = all.iter().zip(own);
    pairs
        .map(|(all, own)| all.saturating_sub(*own) as f64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_too_few_other_cases_is_no_measure() {
        let surroundings = |of_product: &'static [u64]| Surroundings {
            own: &[1, 2, 3],
            all: &[101, 202, 303],
            of_product: Some((&[1, 1, 2][..], of_product)),
        };
        // Twenty others before the last month, and some in it.
        assert_eq!(surroundings(&[11, 11, 8]).others(1), [10.0, 10.0, 6.0]);
        // Nineteen before it; none in it; more than twenty only with the last month.
        for of_product in [&[11_u64, 10, 8], &[30, 30, 2], &[8, 8, 99]] {
            let others = surroundings(of_product).others(1);
            assert_eq!(others, [100.0, 200.0, 300.0], "{of_product:?}");
        }
    }

    #[test]
    fn six_in_ten_make_a_product_the_clusters_own() {
        assert!(is_its_product(6, 10) && is_its_product(3, 5));
        assert!(!is_its_product(59, 100) && !is_its_product(2, 4));
    }
}

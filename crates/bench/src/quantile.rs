//! Percentiles and medians.

use serde::{Deserialize, Serialize};

/// How long things took, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    /// How many were measured.
    pub(crate) count: u64,
    pub(crate) p50_us: u64,
    pub(crate) p95_us: u64,
    pub(crate) p99_us: u64,
    pub(crate) max_us: u64,
}

impl Quantiles {
    /// By nearest rank: the smallest value that at least so many percent do not exceed. `None` of nothing.
    pub(crate) fn of(mut values_us: Vec<u64>) -> Option<Quantiles> {
        values_us.sort_unstable();
        let at = |percent: usize| values_us.get((values_us.len() * percent).div_ceil(100).saturating_sub(1)).copied();
        Some(Quantiles {
            count: values_us.len() as u64,
            p50_us: at(50)?,
            p95_us: at(95)?,
            p99_us: at(99)?,
            max_us: at(100)?,
        })
    }
}

/// Which of these is the median: the lower one of two in the middle. `None` of nothing.
pub(crate) fn median_index(values: &[f64]) -> Option<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|a, b| values[*a].total_cmp(&values[*b]));
    order.get(values.len().saturating_sub(1) / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_go_by_nearest_rank() {
        let quantiles = Quantiles::of((1..=200).rev().collect()).unwrap();
        assert_eq!(quantiles, Quantiles { count: 200, p50_us: 100, p95_us: 190, p99_us: 198, max_us: 200 });
        let three = Quantiles::of(vec![30, 10, 20]).unwrap();
        assert_eq!(three, Quantiles { count: 3, p50_us: 20, p95_us: 30, p99_us: 30, max_us: 30 });
        assert_eq!(Quantiles::of(vec![7]).unwrap().p50_us, 7);
        assert_eq!(Quantiles::of(vec![]), None);
    }

    #[test]
    fn the_median_is_one_of_the_values() {
        assert_eq!(median_index(&[3.0, 1.0, 2.0]), Some(2));
        assert_eq!(median_index(&[4.0, 1.0, 3.0, 2.0]), Some(3));
        assert_eq!(median_index(&[5.0]), Some(0));
        assert_eq!(median_index(&[]), None);
    }
}

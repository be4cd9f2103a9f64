//! What a case found: rows of figures under a title, each with all its runs.

use std::future::Future;

use anyhow::Context;

use crate::figure::{Figure, Figures};
use crate::quantile::median_index;

/// A table.
pub(crate) struct Section {
    pub(crate) title: String,
    /// What is measured and how, for the reader of the table.
    pub(crate) notes: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// A row of a table.
pub(crate) struct Row {
    pub(crate) name: String,
    /// Every run, in the order in which they were made.
    pub(crate) runs: Vec<Figures>,
    /// Which of them the table shows.
    pub(crate) median: usize,
}

impl Row {
    /// Shows the median run by one figure.
    pub(crate) fn new(name: impl Into<String>, by: Figure, runs: Vec<Figures>) -> anyhow::Result<Row> {
        let name = name.into();
        let values: Option<Vec<f64>> = runs.iter().map(|run| run.get(&by).copied()).collect();
        let median = values.as_deref().and_then(median_index);
        let median = median.with_context(|| format!("{name}: a run without {}", by.key()))?;
        Ok(Row { name, runs, median })
    }

    /// The figures that count.
    pub(crate) fn figures(&self) -> &Figures {
        &self.runs[self.median]
    }

    /// Adds a figure that was measured once, apart from the runs.
    pub(crate) fn add(&mut self, figure: Figure, value: f64) {
        for run in &mut self.runs {
            run.insert(figure, value);
        }
    }
}

/// Runs one after the other, as many as are wanted.
pub(crate) async fn repeat<T, F>(runs: usize, run: impl Fn() -> F) -> anyhow::Result<Vec<T>>
where
    F: Future<Output = anyhow::Result<T>>,
{
    let mut all = Vec::with_capacity(runs);
    for _ in 0..runs {
        all.push(run().await?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_shows_the_run_with_the_median_of_its_figure() {
        let run = |rate, cpu| Figures::from([(Figure::PerSecond, rate), (Figure::ServerCpu, cpu)]);
        let runs = vec![run(3.0, 1.0), run(1.0, 2.0), run(2.0, 9.0)];
        let row = Row::new("a row", Figure::PerSecond, runs).unwrap();
        assert_eq!(row.figures()[&Figure::ServerCpu], 9.0);
        assert!(Row::new("no runs", Figure::PerSecond, vec![]).is_err());
        assert!(Row::new("another figure", Figure::P50, vec![run(1.0, 1.0)]).is_err());
    }
}

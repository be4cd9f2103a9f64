//! Charts, drawn on the server: bars over time, and small ones in a line.
//!
//! Promise: each chart has its figures as text too, for those who do not see it.

use maud::{Markup, PreEscaped, html};

use super::{Tone, number};

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 22.0;
const LEFT: f64 = 44.0;
/// Most labels below a chart.
const LABELS_MAX: usize = 8;

/// A chart of bars, one column for each step of time, in which several series are stacked.
#[derive(Debug, Clone)]
pub(crate) struct Bars<'a> {
    /// What it shows, in words.
    pub(crate) title: &'a str,
    /// The name of each column, such as a day.
    pub(crate) columns: Vec<String>,
    /// What is stacked, from the bottom up.
    pub(crate) series: Vec<Series<'a>>,
}

/// What is stacked in a chart.
#[derive(Debug, Clone)]
pub(crate) struct Series<'a> {
    /// Its name in the legend.
    pub(crate) name: &'a str,
    /// Its colour.
    pub(crate) tone: Tone,
    /// A figure for each column.
    pub(crate) values: Vec<u64>,
}

fn fill(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "bar-good",
        Tone::Bad => "bar-bad",
        Tone::Warn => "bar-wait",
        Tone::Plain | Tone::Info => "bar-plain",
    }
}

/// Draws it, with a legend, and the same as a table that can be opened.
pub(crate) fn bars(chart: &Bars<'_>) -> Markup {
    let columns = chart.columns.len().max(1);
    let total = |column: usize| chart.series.iter().filter_map(|series| series.values.get(column)).sum::<u64>();
    let top = round_up((0..columns).map(total).max().unwrap_or(0));
    let plot = HEIGHT - TOP - BOTTOM;
    let step = (WIDTH - LEFT) / columns as f64;
    let width = (step * 0.72).min(34.0);
    let every = columns.div_ceil(LABELS_MAX);
    html! {
        figure.chart {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label=(chart.title) {
                @for part in 0..=2 {
                    @let y = TOP + plot * f64::from(part) / 2.0;
                    line.axis x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {}
                    text x=(LEFT - 6.0) y=(y + 4.0) text-anchor="end" { (axis(top, 2 - part)) }
                }
                @for (column, name) in chart.columns.iter().enumerate() {
                    @let x = LEFT + step * column as f64;
                    g.column {
                        title { (told(chart, column)) }
                        rect.hit x=(x) y=(TOP) width=(step) height=(plot) {}
                        (PreEscaped(stacked(chart, column, x + (step - width) / 2.0, width, plot, top)))
                    }
                    @if column % every == 0 {
                        text.between[(column / every) % 2 == 1] x=(x + step / 2.0) y=(HEIGHT - 4.0) text-anchor="middle" { (name) }
                    }
                }
            }
            ul.legend {
                @for series in &chart.series {
                    li {
                        svg viewBox="0 0 10 10" aria-hidden="true" { rect class=(fill(series.tone)) width="10" height="10" rx="2" {} }
                        (series.name) ": " (number(series.values.iter().sum()))
                    }
                }
            }
            details.more data-kept-open {
                summary.small { "As a table" }
                (as_table(chart))
            }
        }
    }
}

fn as_table(chart: &Bars<'_>) -> Markup {
    html! {
        div.table-wrap tabindex="0" role="region" aria-label={ (chart.title) ", as a table" } {
            table {
                caption.visually-hidden { (chart.title) }
                thead { tr { th scope="col" { "Time" } @for series in &chart.series { th.right scope="col" { (series.name) } } } }
                tbody {
                    @for (column, name) in chart.columns.iter().enumerate() {
                        tr {
                            th scope="row" { (name) }
                            @for series in &chart.series { td.right { (number(series.values.get(column).copied().unwrap_or(0))) } }
                        }
                    }
                }
            }
        }
    }
}

fn told(chart: &Bars<'_>, column: usize) -> String {
    let name = chart.columns.get(column).map_or("", String::as_str);
    let figures = chart.series.iter().map(|series| {
        format!("{} {}", number(series.values.get(column).copied().unwrap_or(0)), series.name.to_lowercase())
    });
    format!("{name}: {}", figures.collect::<Vec<_>>().join(", "))
}

fn stacked(chart: &Bars<'_>, column: usize, x: f64, width: f64, plot: f64, top: u64) -> String {
    let mut foot = TOP + plot;
    let mut drawn = String::new();
    for series in &chart.series {
        let value = series.values.get(column).copied().unwrap_or(0);
        if value == 0 {
            continue;
        }
        // What is there is to be seen, however little of the whole it is.
        let height = (plot * value as f64 / top.max(1) as f64).max(1.5);
        foot -= height;
        let class = fill(series.tone);
        drawn.push_str(&format!(
            r#"<rect class="{class}" x="{x:.1}" y="{foot:.1}" width="{width:.1}" height="{height:.1}" rx="1.5"/>"#
        ));
    }
    drawn
}

/// The next number that is easy to read on an axis, its half too.
fn round_up(value: u64) -> u64 {
    let mut unit = 2;
    loop {
        for factor in [1, 2, 3, 5] {
            if value <= factor * unit {
                return factor * unit;
            }
        }
        unit *= 10;
    }
}

fn axis(top: u64, halves: u32) -> String {
    let value = top * u64::from(halves) / 2;
    match value {
        0..10_000 => number(value),
        10_000..1_000_000 => format!("{} k", value / 1_000),
        _ => format!("{} M", value / 1_000_000),
    }
}

/// A small chart in a line: what went well, and what failed on top of it. `label` says it in words.
pub(crate) fn sparkline(label: &str, good: &[u64], bad: &[u64]) -> Markup {
    let columns = good.len().max(bad.len()).max(1);
    let at = |values: &[u64], column: usize| values.get(column).copied().unwrap_or(0);
    let top = (0..columns).map(|column| at(good, column) + at(bad, column)).max().unwrap_or(0).max(1);
    let step = 112.0 / columns as f64;
    html! {
        svg.spark viewBox="0 0 112 24" role="img" aria-label=(label) preserveAspectRatio="none" {
            title { (label) }
            @for column in 0..columns {
                @let x = step * column as f64;
                @let (well, ill) = (at(good, column), at(bad, column));
                @let well_height = if well == 0 { 0.0 } else { (22.0 * well as f64 / top as f64).max(1.5) };
                @let ill_height = if ill == 0 { 0.0 } else { (22.0 * ill as f64 / top as f64).max(1.5) };
                @if well + ill == 0 { rect.bar-plain x=(x) y="23" width=(step * 0.75) height="1" opacity="0.4" {} }
                @if well > 0 { rect.bar-good x=(x) y=(24.0 - well_height) width=(step * 0.75) height=(well_height) {} }
                @if ill > 0 { rect.bar-bad x=(x) y=(24.0 - well_height - ill_height) width=(step * 0.75) height=(ill_height) {} }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_above_what_it_shows() {
        for value in [0, 1, 2, 3, 9, 11, 39, 41, 99, 101, 12_345, 999_999] {
            assert!(round_up(value) >= value && round_up(value) <= value.max(1) * 3, "{value}: {}", round_up(value));
        }
    }

    // behaviour U9 (in part)
    #[test]
    fn a_chart_tells_its_figures_as_text_too() {
        let series = Series { name: "Delivered", tone: Tone::Good, values: vec![3, 1_200] };
        let chart =
            Bars { title: "Deliveries", columns: vec!["Mon".to_owned(), "Tue".to_owned()], series: vec![series] };
        let drawn = bars(&chart).into_string();
        assert!(drawn.contains("Tue: 1,200 delivered") && drawn.contains("<td class=\"right\">1,200</td>"), "{drawn}");
        assert!(!drawn.contains("style="), "styles in elements are not allowed by our own policy");
    }
}

use super::*;

fn bounds(times: &[i64], grid: &Grid, range: i64) -> Vec<(usize, usize)> {
    let mut windows = Windows::default();
    windows.find(times, &Reach::new(grid, range, 0, None));
    windows.iter().collect()
}

#[test]
fn windows_are_open_on_the_left() {
    let grid = Grid { start: 60, step: 30, len: 3 };
    assert_eq!(bounds(&[0, 15, 30, 45, 60, 75], &grid, 60), [(1, 5), (3, 6), (5, 6)]);
}

#[test]
fn windows_may_be_empty_between_samples() {
    let grid = Grid { start: 0, step: 100, len: 3 };
    assert_eq!(bounds(&[150], &grid, 10), [(0, 0), (0, 0), (1, 1)]);
}

#[test]
fn a_fixed_window_is_the_same_at_every_step() {
    let grid = Grid { start: 0, step: 100, len: 2 };
    let mut windows = Windows::default();
    windows.find(&[10, 20, 30], &Reach::new(&grid, 15, 5, Some(30)));
    assert_eq!(windows.iter().collect::<Vec<_>>(), [(1, 2), (1, 2)]);
}

#[test]
fn an_instant_selector_picks_the_newest_sample_within_the_lookback() {
    let grid = Grid { start: 10, step: 10, len: 4 };
    let mut picks = Picks::default();
    picks.find(&[10, 15], &Reach::new(&grid, 20, 0, None));
    assert_eq!(picks.iter().collect::<Vec<_>>(), [Some(0), Some(1), Some(1), None]);
    assert_eq!(picks.found, 3);
}

#[test]
fn samples_read_are_counted_once_for_overlapping_windows() {
    let grid = Grid { start: 60, step: 15, len: 3 };
    let mut windows = Windows::default();
    windows.find(&[15, 30, 45, 60, 75, 90], &Reach::new(&grid, 60, 0, None));
    assert_eq!((windows.total, windows.read), (12, 6));
}

#[test]
fn the_steps_that_see_close_samples_are_those_whose_windows_reach_them() {
    let grids = [(0, 7, 30), (100, 1, 5), (-50, 13, 20)];
    for (start, step, len) in grids {
        for at in [None, Some(40)] {
            let reach = Reach::new(&Grid { start, step, len }, 20, 3, at);
            for first in -120..130 {
                for last in [first, first + 9, first + 40] {
                    let sees = |k: &usize| {
                        let end = reach.end_of(*k);
                        first <= end && end - reach.range < last
                    };
                    let expected: Vec<usize> = (0..len).filter(sees).collect();
                    let found: Vec<usize> = reach.steps_between(first, last).collect();
                    assert_eq!(found, expected, "{reach:?} {first} {last}");
                }
            }
        }
    }
}

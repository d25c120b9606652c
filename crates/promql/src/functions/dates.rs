//! The parts of a date, in UTC, for any number of seconds since the epoch.

const SECONDS_A_DAY: i64 = 86_400;
const DAYS_AN_ERA: i64 = 146_097;
const YEARS_AN_ERA: i64 = 400;
/// The days from the first of March of the year 0 to the epoch.
const EPOCH_DAYS: i64 = 719_468;

/// A function that maps seconds since the epoch to a part of the date.
pub(crate) type Part = fn(i64) -> i64;

/// The function of this name.
pub(crate) fn from_name(name: &str) -> Option<Part> {
    Some(match name {
        "days_in_month" => |seconds| days_in_month(Date::of(seconds)),
        "day_of_month" => |seconds| Date::of(seconds).day,
        "day_of_week" => |seconds| (seconds.div_euclid(SECONDS_A_DAY) + 4).rem_euclid(7),
        "day_of_year" => |seconds| day_of_year(Date::of(seconds)),
        "hour" => |seconds| seconds.rem_euclid(SECONDS_A_DAY) / 3600,
        "minute" => |seconds| seconds.rem_euclid(3600) / 60,
        "month" => |seconds| Date::of(seconds).month,
        "year" => |seconds| Date::of(seconds).year,
        _ => return None,
    })
}

/// The part of the date that `seconds` after the epoch has. What is no integer of 64 bits counts as
/// the largest one: upstream's processors make it the smallest one, and its calendar turns over.
pub(crate) fn part(part: Part, seconds: f64) -> f64 {
    const END: f64 = 9_223_372_036_854_775_808.0;
    #[expect(clippy::cast_possible_truncation, reason = "fractions of a second do not matter")]
    let whole = if (-END..END).contains(&seconds) { seconds as i64 } else { i64::MAX };
    part(whole) as f64
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Date {
    year: i64,
    month: i64,
    day: i64,
}

impl Date {
    /// Counts in eras of 400 years that start in March, so that leap days come last.
    const fn of(seconds: i64) -> Self {
        let days = seconds.div_euclid(SECONDS_A_DAY) + EPOCH_DAYS;
        let era = days.div_euclid(DAYS_AN_ERA);
        let day_of_era = days.rem_euclid(DAYS_AN_ERA);
        let leaps = day_of_era / 1460 - day_of_era / 36_524 + day_of_era / 146_096;
        let year_of_era = (day_of_era - leaps) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = year_of_era + era * YEARS_AN_ERA + if month <= 2 { 1 } else { 0 };
        Self { year, month, day }
    }
}

const fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

const fn days_in_month(date: Date) -> i64 {
    match date.month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap(date.year) => 29,
        2 => 28,
        _ => 31,
    }
}

fn day_of_year(date: Date) -> i64 {
    let months = (1..date.month).map(|month| days_in_month(Date { month, ..date }));
    months.sum::<i64>() + date.day
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(seconds: f64, name: &str, expected: f64) {
        let function = from_name(name).expect("the function exists");
        assert!((part(function, seconds) - expected).abs() < 0.5, "{name}({seconds})");
    }

    #[test]
    fn parts_of_dates_before_and_after_the_epoch() {
        for (seconds, name, expected) in [
            (1_136_239_445.0, "year", 2006.0),
            (1_136_239_445.0, "month", 1.0),
            (1_136_239_445.0, "day_of_month", 2.0),
            (1_136_239_445.0, "day_of_week", 1.0),
            (1_136_239_445.0, "hour", 22.0),
            (1_136_239_445.0, "minute", 4.0),
            (1_709_164_800.0, "days_in_month", 29.0),
            (1_735_603_200.0, "day_of_year", 366.0),
            (-1.0, "year", 1969.0),
            (-1.0, "minute", 59.0),
            (f64::NAN, "year", 292_277_026_596.0),
            (f64::NEG_INFINITY, "hour", 15.0),
        ] {
            check(seconds, name, expected);
        }
    }

    #[test]
    fn any_number_has_a_date() {
        for seconds in [f64::MAX, f64::MIN, f64::INFINITY, 1e18, -1e18] {
            for name in ["year", "day_of_year", "days_in_month", "day_of_week", "hour"] {
                let function = from_name(name).expect("the function exists");
                assert!(part(function, seconds).is_finite());
            }
        }
    }
}

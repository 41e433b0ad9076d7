#include <algorithm>
#include <cmath>
#include <random>

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include "report/example_run.hpp"
#include "saddleflow/base/error.hpp"
#include "saddleflow/base/thin.hpp"

BOOST_AUTO_TEST_SUITE(thin_test)

namespace data = boost::unit_test::data;
using saddleflow::thin_rows;
using saddleflow::report::example_run;

using Rows = std::vector<std::size_t>;
using Values = std::vector<double>;

/// Plateaus of 10^4 steps, jumps within 50, noise of a hundredth, spikes of one row, times over nine decades.
struct Rough {
  Values time, y, z;
  Rows spikes;

  explicit Rough(unsigned seed, std::size_t count = 40'000) {
    BOOST_TEST_MESSAGE("seed " << seed);
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    double t = 0, h = 1e-5;
    for (std::size_t i = 0; i < count; ++i) {
      time.push_back(t);
      h = i % 10'000 < 50 ? 1e-4 : std::min(h * 1.01, 10.0);
      t += h;
      const double level = std::pow(10.0, -static_cast<double>(i / 10'000));
      y.push_back(level * (1 + 0.01 * normal(random)));
      z.push_back(std::sin(static_cast<double>(i) / 500));
    }
    for (int k = 0; k < 20; ++k) {
      spikes.push_back(std::uniform_int_distribution<std::size_t>(1, count - 2)(random));
      y[spikes.back()] = k % 2 ? 50.0 + k : 1e-7;
    }
  }
};

/// Straight-line reconstruction from the kept rows; in log values if `logarithmic`.
double largest_error(const Values& x, const Values& y, const Rows& rows, bool logarithmic) {
  const auto f = [&](std::size_t i) { return logarithmic ? std::log(y[i]) : y[i]; };
  double worst = 0;
  for (std::size_t r = 1; r < rows.size(); ++r)
    for (std::size_t i = rows[r - 1]; i < rows[r]; ++i) {
      const double share = (x[i] - x[rows[r - 1]]) / (x[rows[r]] - x[rows[r - 1]]);
      worst = std::max(worst, std::abs(f(i) - f(rows[r - 1]) - share * (f(rows[r]) - f(rows[r - 1]))));
    }
  const auto [low, high] = std::minmax_element(y.begin(), y.end());
  return worst / (logarithmic ? std::log(*high / *low) : *high - *low);
}

BOOST_AUTO_TEST_CASE(short_curves_are_kept_whole) {
  const Values time{0, 1, 2, 3}, y{1, 2, 3, 4};
  BOOST_TEST(thin_rows(time, {y}, 16) == (Rows{0, 1, 2, 3}), boost::test_tools::per_element());
  BOOST_TEST(thin_rows({}, {}, 16).empty());
}

BOOST_DATA_TEST_CASE(few_rows_sorted_with_ends_and_kept_rows, data::xrange(5u) * data::make({300u, 2000u}),
                     seed, limit) {
  const Rough curve(seed);
  const Rows keep{17, 23'456, 39'998};
  const Rows rows = thin_rows(curve.time, {curve.y, curve.z}, limit, keep);
  BOOST_TEST(rows.size() <= limit + keep.size());
  BOOST_TEST(rows.size() >= limit / 4);
  BOOST_TEST(rows.front() == 0u);
  BOOST_TEST(rows.back() == curve.time.size() - 1);
  BOOST_TEST(std::is_sorted(rows.begin(), rows.end(), std::less_equal<>{}));
  for (const std::size_t k : keep) BOOST_TEST(std::binary_search(rows.begin(), rows.end(), k));
}

BOOST_DATA_TEST_CASE(every_spike_survives, data::xrange(10u), seed) {
  const Rough curve(seed);
  const Rows rows = thin_rows(curve.time, {curve.y, curve.z}, 2000);
  // Two spikes of the same side in one bucket hide each other; only the tallest must stay.
  const auto kept = [&](std::size_t spike) {
    return std::any_of(rows.begin(), rows.end(), [&](std::size_t r) {
      const bool near = r + 200 > spike && r < spike + 200;
      return near && (curve.y[spike] > 1 ? curve.y[r] >= curve.y[spike] : curve.y[r] <= curve.y[spike]);
    });
  };
  for (const std::size_t spike : curve.spikes) BOOST_TEST(kept(spike), "spike at row " << spike);
}

BOOST_DATA_TEST_CASE(no_abscissa_has_wide_gaps, data::xrange(5u), seed) {
  const Rough curve(seed);
  const Rows rows = thin_rows(curve.time, {curve.y, curve.z}, 2000);
  // Arc length is at most 6 and there are at least 2000/8 buckets: 2.4 % of an axis, beyond one original
  // step.
  const double bound = 6.0 / (1999 / 8);
  const auto gap = [&](auto&& x, std::size_t first) {
    const double span = x(curve.time.size() - 1) - x(first);
    double widest = 0;
    for (std::size_t r = 1; r < rows.size(); ++r)
      if (rows[r - 1] >= first && rows[r] > rows[r - 1] + 1)
        widest = std::max(widest, (x(rows[r] - 1) - x(rows[r - 1])) / span);
    return widest;
  };
  const double by_step = gap([](std::size_t i) { return static_cast<double>(i); }, 0);
  const double by_time = gap([&](std::size_t i) { return curve.time[i]; }, 0);
  const double by_log = gap([&](std::size_t i) { return std::log(curve.time[i]); }, 1);
  BOOST_TEST_MESSAGE("widest gaps: steps " << by_step << ", time " << by_time << ", log time " << by_log);
  BOOST_TEST(by_step <= bound);
  BOOST_TEST(by_time <= bound);
  BOOST_TEST(by_log <= bound);
}

BOOST_AUTO_TEST_CASE(a_run_is_redrawn_to_half_a_pixel) {
  // 20 000 steps of an exact saddle-to-saddle curve against a picture 300 pixels high, in all four pairs of
  // axes.
  const auto coarse = example_run(2);
  Values time, loss, log_time, weights;
  for (std::size_t i = 1; i < coarse.time.size(); ++i)
    for (int part = 0; part < 20; ++part) {
      const double share = part / 20.0;
      time.push_back(coarse.time[i - 1] + share * (coarse.time[i] - coarse.time[i - 1]) + 1e-3);
      loss.push_back(coarse.loss[i - 1] * std::pow(coarse.loss[i] / coarse.loss[i - 1], share));
    }
  for (const double t : time) log_time.push_back(std::log(t));
  const Rows rows = thin_rows(time, {loss}, 2000);
  BOOST_TEST_MESSAGE(time.size() << " rows thinned to " << rows.size());
  BOOST_TEST(time.size() > 10'000u);
  for (const bool logarithmic : {false, true}) {
    const double by_time = largest_error(time, loss, rows, logarithmic);
    const double by_log_time = largest_error(log_time, loss, rows, logarithmic);
    BOOST_TEST_MESSAGE("error / height: " << by_time << " in time, " << by_log_time << " in log time");
    BOOST_TEST(by_time < 0.5 / 300);
    BOOST_TEST(by_log_time < 0.5 / 300);
  }
}

BOOST_AUTO_TEST_CASE(a_long_step_does_not_turn_a_plateau_into_a_ramp) {
  Values time, y;
  for (int i = 0; i < 1000; ++i) {
    time.push_back(i < 500 ? i * 1e-3 : 1e6 + i);
    y.push_back(i < 500 ? 0 : 1);
  }
  const Rows rows = thin_rows(time, {y}, 100);
  BOOST_TEST(std::binary_search(rows.begin(), rows.end(), 499u));
  BOOST_TEST(std::binary_search(rows.begin(), rows.end(), 500u));
}

BOOST_AUTO_TEST_CASE(gaps_stay_gaps) {
  Rough curve(3);
  for (std::size_t i = 20'000; i < 20'400; ++i) curve.y[i] = std::nan("");
  const Rows rows = thin_rows(curve.time, {curve.y}, 2000);
  BOOST_TEST(std::any_of(rows.begin(), rows.end(), [&](std::size_t r) { return std::isnan(curve.y[r]); }));
  const Values nothing(curve.time.size(), std::nan(""));
  BOOST_TEST(thin_rows(curve.time, {nothing}, 2000).size() > 100u);
}

BOOST_AUTO_TEST_CASE(constant_time_and_values_do_no_harm) {
  const Values time(5000, 2.0), y(5000, 1.0);
  const Rows rows = thin_rows(time, {y}, 100);
  BOOST_TEST(rows.size() <= 100u);
  BOOST_TEST(rows.back() == 4999u);
}

BOOST_AUTO_TEST_CASE(bad_arguments) {
  const Values time{0, 1, 2}, y{1, 2};
  BOOST_CHECK_THROW(thin_rows(time, {y}, 16), saddleflow::InputError);
  BOOST_CHECK_THROW(thin_rows(time, {}, 3), saddleflow::InputError);
}

BOOST_AUTO_TEST_SUITE_END()

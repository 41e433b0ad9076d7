// The pieces from which the page's data are put together. Internal to report/.
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/report/directions.hpp"
#include "saddleflow/report/run_data.hpp"
#include "saddleflow/report/time_axis.hpp"

namespace saddleflow::report {

using Json = nlohmann::ordered_json;

inline constexpr int value_digits = 6;   ///< more than is read off a picture, and as many as a table shows
inline constexpr int count_digits = 16;  ///< all of a whole number
inline constexpr int verdict_digits = 10, share_digits = 3;  ///< of N, which tells points apart; of shares
inline constexpr int time_digits = 12;   ///< a jump of length 1 at t = 1e6 still has six digits of its own
inline constexpr int weight_digits = 4;  ///< colours and labels, of many weights

/// null where it is not finite.
Json number(double value, int digits);
Json numbers(const std::vector<double>& values, int digits);
Json pairs(const Pairs& list);

/// The word for a flag of a file; "unknown" for one of a later version.
template <NamedEnum E>
const char* flag_word(int flag) {
  const std::optional<E> value = find_flag<E>(flag);
  return value ? name_of(*value) : "unknown";
}

/// All words of an enum by their flags, as the page looks them up.
template <NamedEnum E>
Json flag_words() {
  Json words = Json::object();
  for (const NamedValue<E>& row : enum_table<E>.rows) words[std::to_string(row.flag)] = row.name;
  return words;
}

/// The attribute stop_reason of a file as the beginning of a sentence.
std::string stop_in_words(const std::string& stop_reason);

/// One curve of a plot.
struct Curve {
  std::string name;
  const Column* values;
  int layer = -1;                  ///< colours a neuron's curve
  const Column* weight = nullptr;  ///< how heavily it is drawn, row by row
};

/// Times, steps and the curves that hold any number, thinned to about `points` rows and those to keep.
Json plot_json(const Column& time, const Column& steps, const std::vector<Curve>& curves, std::size_t points,
               const std::vector<std::size_t>& keep);

/// "neuron 1.3".
std::string neuron_name(const NeuronPlace& place);

/// Step count at a time between two rows; NaN without a trajectory.
double step_at(const RunData& run, double time);

/// The last value that is known; NaN for none.
double last_finite(const Column& column);
/// Steps of the run at its end.
double last_step(const RunData& run);

Json network_json(const RunData& run);

Column steps_at(const RunData& run, const Column& times);

/// Angles of the first layer over time, weighed by their lengths, and those of the run's KKT point; no curves
/// unless the directions lie in the plane.
Json angle_plot(const RunData& run, const Directions& directions, std::size_t points);

/// Mode changes, thinned; null where the run records none.
Json modes_json(const RunData& run);

/// The KKT points; null where there are none.
Json kkt_json(const RunData& run);
/// Plots over the times of the snapshots: "alignment", "neuron_alignment".
Json kkt_plots(const RunData& run, std::size_t points);
/// Plots over the times of the snapshots, where they are recorded: "singular" (the values of each layer and
/// of the product, the largest of them), "width".
Json measure_plots(const RunData& run, std::size_t points);
/// Incoming weights of the first layer's neurons that are not zero, longest first.
std::vector<std::vector<double>> first_rows(const RunData& run, const std::vector<double>& direction);

/// Critical points, escapes and transitions; null where the run has no such record.
Json catalogue_json(const RunData& run);
/// What the record says of a visit.
Json visit_json(const RunData& run, std::size_t visit);
/// |W_l| before, at and after the visits, and at the points that no trajectory is shown to visit.
Json weight_pictures(const RunData& run);

/// The rounds of a growing network; null for others.
Json rounds_json(const RunData& run);

/// A skeleton and what is compared with it; null where the run is none.
Json skeleton_json(const RunData& run);
/// Plots of its loss: "staircase" over slow time and, where the jumps after the first have their own,
/// "later_staircase".
Json skeleton_plots(const RunData& run, std::size_t points);
/// Which axis its page opens with.
TimeAxis skeleton_time_axis(const RunData& run);

}  // namespace saddleflow::report

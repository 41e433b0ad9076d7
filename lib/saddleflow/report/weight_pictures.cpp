// Heat maps of |W_l| around the visits to critical points.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "saddleflow/report/directions.hpp"
#include "saddleflow/report/json_parts.hpp"

namespace saddleflow::report {

namespace {

using Matrix = std::vector<std::vector<double>>;
using Numbers = std::vector<std::size_t>;
using Weights = const std::vector<double>*;

constexpr std::size_t max_neurons = kDrawnNeurons, max_others = 96;  ///< rows and columns: some pixels each
constexpr std::size_t max_cells = 120'000;  ///< of all pictures: the page stays below a megabyte
constexpr double visible = 0.02;            ///< a neuron is seen above this share of the picture's largest
constexpr int picture_digits = 3;           ///< of a colour
/// A snapshot within this part of its length of a critical point is drawn as it.
constexpr double same_point = 0.3;
/// Pictures of one group: before, at the point, and after or the end. No group has more than the second.
constexpr std::size_t pictures_of_group = 3, most_of_group = 4;

struct Picture {
  std::string label;
  double time;
  Weights weights;
};

/// The pictures of one visit, or of one point that has none.
struct Group {
  std::int64_t visit, point;
  std::vector<Picture> pictures;
};

double length(const std::vector<double>& row) {
  return std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return std::sqrt(sum);
}

/// The point of the catalogue is one of many that symmetry makes equal: it is shown where it is the one that
/// this trajectory came near.
Picture picture_at(const RunData& run, std::size_t visit) {
  const Saddle& saddle = run.saddles[visit];
  const std::int64_t row = run.saddle_record.visits[visit].critical_point;
  const Picture closest{"closest approach", saddle.closest_time, &saddle.point};
  if (row < 0) return closest;
  const std::vector<double>& point = run.saddle_record.catalogue[static_cast<std::size_t>(row)].point;
  const bool same = saddle.point.empty() ||
                    (!point.empty() && distance(point, saddle.point) <= same_point * length(saddle.point));
  const bool origin =
      run.saddle_record.catalogue[static_cast<std::size_t>(row)].kind == flag_of(CriticalKind::origin);
  return same || origin ? Picture{"at the point", saddle.closest_time, &point} : closest;
}

/// The first snapshot from a time on; none where that is not known.
const Snapshot* first_from(const RunData& run, double time) {
  const auto found = std::find_if(run.snapshots.begin(), run.snapshots.end(),
                                  [&](const Snapshot& snapshot) { return snapshot.time >= time; });
  return found == run.snapshots.end() ? nullptr : &*found;
}

/// Before: where the visit before it ended, or the start.
Group visit_group(const RunData& run, std::size_t visit) {
  const Saddle& saddle = run.saddles[visit];
  Group group{static_cast<std::int64_t>(visit), run.saddle_record.visits[visit].critical_point, {}};
  const Snapshot* before =
      visit == 0 ? &run.snapshots.front() : first_from(run, run.saddles[visit - 1].leave_time);
  if (before != nullptr && before->time > saddle.closest_time) before = nullptr;
  const Snapshot* after = first_from(run, saddle.leave_time);
  const bool stays = !std::isfinite(saddle.leave_time) && run.snapshots.back().time > saddle.closest_time;
  if (before != nullptr) group.pictures.push_back({"before", before->time, &before->weights});
  const Picture at = picture_at(run, visit);
  if (!at.weights->empty()) group.pictures.push_back(at);
  if (stays) group.pictures.push_back({"end", run.snapshots.back().time, &run.snapshots.back().weights});
  if (after != nullptr) group.pictures.push_back({"after", after->time, &after->weights});
  return group;
}

std::vector<Group> all_groups(const RunData& run) {
  std::vector<Group> groups;
  std::vector<bool> shown(run.saddle_record.catalogue.size(), false);
  for (std::size_t v = 0; v < run.saddles.size() && !run.snapshots.empty(); ++v) {
    groups.push_back(visit_group(run, v));
    if (groups.back().point >= 0) shown[static_cast<std::size_t>(groups.back().point)] = true;
  }
  for (std::size_t p = 0; p < shown.size(); ++p) {
    const archive::CriticalPointRow& point = run.saddle_record.catalogue[p];
    if (!shown[p] && !point.point.empty() && point.kind != 0)
      groups.push_back({-1, static_cast<std::int64_t>(p), {{"", archive::not_known, &point.point}}});
  }
  return groups;
}

Numbers first_numbers(std::size_t count, std::size_t limit) {
  Numbers all(std::min(count, limit));
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

/// Neurons of a layer in the order in which the pictures first show them, the larger first.
Numbers neuron_order(const RunData& run, const std::vector<Group>& groups, int layer) {
  struct Rank {
    std::size_t first = 0;
    double norm = 0;
  };
  std::vector<Rank> ranks;
  std::size_t picture = 0;
  for (const Group& group : groups) {
    for (const Picture& p : group.pictures) {
      const Matrix rows = layer_rows(run, *p.weights, layer);
      ranks.resize(rows.size(), {groups.size() * most_of_group, 0});
      double largest = 0;
      for (const auto& row : rows) largest = std::max(largest, length(row));
      ++picture;
      for (std::size_t k = 0; k < rows.size(); ++k)
        if (ranks[k].norm == 0 && length(rows[k]) > visible * largest && p.label != "before")
          ranks[k] = {picture, length(rows[k])};
    }
  }
  Numbers order = first_numbers(ranks.size(), ranks.size());
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return ranks[a].first != ranks[b].first ? ranks[a].first < ranks[b].first : ranks[a].norm > ranks[b].norm;
  });
  order.resize(std::min(order.size(), max_neurons));
  return order;
}

/// Which rows and columns of a layer are shown, and how: the last layer lies on its side, beside the neurons
/// that it reads.
struct Frame {
  int layer = 0;
  Numbers rows, columns;
  bool turned = false;
};

std::vector<Frame> frames(const RunData& run, const std::vector<Group>& groups) {
  const int layers = run.parameters.empty() ? 0 : run.parameters.back().layer + 1;
  const bool feeds = run.has_trait("layered");
  std::vector<Frame> all;
  for (int l = 0; l < layers; ++l) {
    const Matrix rows = layer_rows(run, *groups.front().pictures.front().weights, l);
    Frame frame{l, {}, {}, feeds && l > 0 && l == layers - 1};
    frame.rows =
        feeds && l + 1 < layers ? neuron_order(run, groups, l) : first_numbers(rows.size(), max_others);
    frame.columns = feeds && l > 0 ? all.back().rows : first_numbers(rows.front().size(), max_others);
    all.push_back(frame);
  }
  return all;
}

std::size_t cells(const std::vector<Frame>& all) {
  std::size_t sum = 0;
  for (const Frame& frame : all) sum += frame.rows.size() * frame.columns.size();
  return sum;
}

Json matrix_json(const RunData& run, const Picture& picture, const Frame& frame, double& largest) {
  const Matrix weights = layer_rows(run, *picture.weights, frame.layer);
  const auto at = [&](std::size_t i, std::size_t j) {
    return std::abs(frame.turned ? weights[j][i] : weights[i][j]);
  };
  Json matrix = Json::array();
  for (const std::size_t i : frame.turned ? frame.columns : frame.rows) {
    Json row = Json::array();
    for (const std::size_t j : frame.turned ? frame.rows : frame.columns) {
      largest = std::max(largest, at(i, j));
      row.push_back(number(at(i, j), picture_digits));
    }
    matrix.push_back(row);
  }
  return matrix;
}

Json group_json(const RunData& run, const Group& group, const std::vector<Frame>& all, double& largest) {
  Json pictures = Json::array();
  for (const Picture& p : group.pictures) {
    Json layers = Json::array();
    for (const Frame& frame : all) layers.push_back(matrix_json(run, p, frame, largest));
    pictures.push_back({{"label", p.label}, {"time", number(p.time, time_digits)}, {"layers", layers}});
  }
  return {{"visit", group.visit}, {"point", group.point}, {"pictures", pictures}};
}

}  // namespace

Json weight_pictures(const RunData& run) {
  std::vector<Group> groups = all_groups(run);
  std::erase_if(groups, [](const Group& group) { return group.pictures.empty(); });
  if (groups.empty() || run.parameters.empty()) return nullptr;
  const std::vector<Frame> all = frames(run, groups);
  const std::size_t total = groups.size();
  groups.resize(std::min(total, std::max<std::size_t>(1, max_cells / (pictures_of_group * cells(all)))));
  double largest = 0;
  Json list = Json::array(), layers = Json::array();
  for (const Frame& frame : all)
    layers.push_back({{"rows", frame.rows}, {"columns", frame.columns}, {"turned", frame.turned}});
  for (const Group& group : groups) list.push_back(group_json(run, group, all, largest));
  return {{"layers", layers},
          {"groups", list},
          {"left_out", total - groups.size()},
          {"largest", number(largest, picture_digits)}};
}

}  // namespace saddleflow::report

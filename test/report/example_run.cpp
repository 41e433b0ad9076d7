#include "example_run.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <random>

#include <fmt/format.h>

namespace saddleflow::report {

namespace {

constexpr double strength[] = {1.0, 0.45, 0.2};  ///< singular values s_i
constexpr int modes = 3;
constexpr double slowness = 100;
constexpr double start = 1e-6;  ///< q_i(0)
constexpr double t_end = 6000;
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/// q(t) = s / (1 + (s/q0 - 1) exp(-2 s t)).
double learnt(int mode, double t) {
  const double s = strength[mode];
  return s / (1 + (s / start - 1) * std::exp(-2 * s * t / slowness));
}

struct Sizes {
  double loss = 0, gradient = 0, output = 0, weights = 0;
};

Sizes sizes_at(double t) {
  Sizes z;
  for (int i = 0; i < modes; ++i) {
    const double q = learnt(i, t), rest = strength[i] - q;
    z.loss += rest * rest / 2;
    z.gradient += 2 * q * rest * rest;
    z.output += q * q;
    z.weights += 2 * q;
  }
  return {z.loss, std::sqrt(z.gradient), std::sqrt(z.output), std::sqrt(z.weights)};
}

/// Steps as an adaptive integrator takes them: short in the jumps, long on the plateaus.
std::vector<double> step_times() {
  std::vector<double> times{0};
  double h = 1e-2;
  while (times.back() < t_end) {
    const double t = times.back();
    const double change = std::abs(std::log(sizes_at(t + h).weights / sizes_at(t).weights));
    h = std::min({1.1 * h, h * 0.01 / std::max(change, 1e-9), t_end / 150});
    times.push_back(std::min(t_end, t + h));
  }
  return times;
}

class Example {
 public:
  Example(int inputs, int neurons) : inputs_(inputs), neurons_(neurons), random_(7) {
    for (int m = 0; m < modes; ++m) targets_.push_back(unit(m));
    for (int k = 0; k < neurons; ++k) {
      starts_.push_back(unit(-1));
      share_.push_back(0.3 + std::abs(normal_(random_)));
    }
    std::vector<double> total(modes, 0.0);
    for (int k = 0; k < neurons; ++k) total[static_cast<std::size_t>(mode(k))] += share(k);
    for (int k = 0; k < neurons; ++k)
      share_[static_cast<std::size_t>(k)] /= total[static_cast<std::size_t>(mode(k))];
  }

  int mode(int k) const { return k % modes; }
  double share(int k) const { return share_[static_cast<std::size_t>(k)]; }
  /// |a_k| = |b_k| = sqrt(share q).
  double size(int k, double t) const { return std::sqrt(share(k) * learnt(mode(k), t)); }

  /// W_1 (column-major, neurons x inputs), then W_2 (1 x neurons).
  std::vector<double> weights(double t) const {
    std::vector<double> w(static_cast<std::size_t>(neurons_ * (inputs_ + 1)));
    for (int k = 0; k < neurons_; ++k) {
      const std::vector<double> a = direction(k, t);
      for (int j = 0; j < inputs_; ++j)
        w[static_cast<std::size_t>(j * neurons_ + k)] = size(k, t) * a[static_cast<std::size_t>(j)];
      w[static_cast<std::size_t>(neurons_ * inputs_ + k)] = size(k, t);
    }
    return w;
  }

 private:
  std::vector<double> unit(int m) {
    std::vector<double> v(static_cast<std::size_t>(inputs_));
    if (inputs_ == 2 && m >= 0) return {std::cos(0.4 + 2.1 * m), std::sin(0.4 + 2.1 * m)};
    double sum = 0;
    for (double& x : v) {
      x = normal_(random_);
      sum += x * x;
    }
    for (double& x : v) x /= std::sqrt(sum);
    return v;
  }

  std::vector<double> direction(int k, double t) const {
    const double turned = 1 - std::exp(-3 * strength[mode(k)] * t / slowness);
    std::vector<double> v = starts_[static_cast<std::size_t>(k)];
    const std::vector<double>& target = targets_[static_cast<std::size_t>(mode(k))];
    double sum = 0;
    for (std::size_t j = 0; j < v.size(); ++j) {
      v[j] = (1 - turned) * v[j] + turned * target[j];
      sum += v[j] * v[j];
    }
    for (double& x : v) x /= std::sqrt(sum);
    return v;
  }

  int inputs_, neurons_;
  std::mt19937 random_;
  std::normal_distribution<double> normal_;
  std::vector<std::vector<double>> starts_, targets_;
  std::vector<double> share_;
};

void fill_times(RunData& run) {
  run.time = step_times();
  for (std::size_t i = 0; i < run.time.size(); ++i) {
    const double t = run.time[i];
    const Sizes z = sizes_at(t);
    run.step.push_back(static_cast<double>(i));
    run.loss.push_back(z.loss);
    run.gradient_norm.push_back(z.gradient);
    run.weight_norm.push_back(z.weights);
    run.proximity.push_back(z.gradient / (z.output * z.weights));
    run.step_size.push_back(i == 0 ? nan : t - run.time[i - 1]);
    run.stepper.push_back(run.step_size.back() > 20 ? 1 : 0);
    run.balance_drift.push_back(1e-9 * std::sqrt(static_cast<double>(i)) * (1 + 0.2 * std::sin(t)));
    run.energy_drift.push_back(-3e-10 * static_cast<double>(i) / 1000);
  }
  run.stepper_names = {"dopri5", "rosenbrock"};
}

std::int64_t add_snapshot(RunData& run, double time, const std::vector<double>& weights) {
  const auto at = std::find_if(run.snapshots.begin(), run.snapshots.end(),
                               [&](const Snapshot& s) { return s.time >= time; });
  if (at != run.snapshots.end() && at->time == time) return at - run.snapshots.begin();
  return run.snapshots.insert(at, {time, weights}) - run.snapshots.begin();
}

Event event(const std::string& kind, double t, int direction) {
  const Sizes z = sizes_at(t);
  return {kind,  direction, t,     z.loss, z.loss, z.gradient, z.gradient / (z.output * z.weights),
          -1e-3, 3.6,       1e-10, -1};
}

/// Between the growth of mode m-1 and that of mode m.
Saddle saddle(int m, std::size_t parameters, int neurons) {
  const auto growth = [](int i) { return slowness * std::log(strength[i] / start) / (2 * strength[i]); };
  const double closest = 0.5 * (growth(m - 1) + growth(m));
  const Sizes z = sizes_at(closest);
  Saddle s;
  s.loss = z.loss;
  s.gradient_norm = z.gradient;
  s.proximity = z.gradient / (z.output * z.weights);
  s.newton_distance = s.proximity / 3;
  s.closest_time = closest;
  s.enter_time = closest - 0.32 * (growth(m) - growth(m - 1));
  s.leave_time = closest + 0.36 * (growth(m) - growth(m - 1));
  s.index_negative = (modes - m) * neurons / modes;
  s.index_zero = static_cast<std::int64_t>(parameters) / 3;
  s.index_positive = static_cast<std::int64_t>(parameters) - s.index_negative - s.index_zero;
  for (std::int64_t i = s.index_negative; i > 0; --i)
    s.eigenvalues.push_back(-1e-3 * std::pow(1.22, static_cast<double>(i)) * m);
  for (std::int64_t i = 0; i < s.index_zero; ++i)
    s.eigenvalues.push_back(1e-10 * static_cast<double>(i - s.index_zero / 2));
  for (std::int64_t i = 0; i < s.index_positive; ++i)
    s.eigenvalues.push_back(
        4e-4 * std::pow(10.0, 4.0 * static_cast<double>(i) / static_cast<double>(s.index_positive)));
  return s;
}

void fill_events(RunData& run, std::size_t parameters, int neurons) {
  run.events.push_back(event("origin_escape", 640, 1));
  for (int m = 1; m < modes; ++m) {
    const Saddle s = saddle(m, parameters, neurons);
    run.saddles.push_back(s);
    run.events.push_back(event("saddle_enter", s.enter_time, -1));
    run.events.push_back(event("saddle_closest", s.closest_time, 0));
    run.events.push_back(event("saddle_leave", s.leave_time, 1));
  }
  run.events.push_back(event("level_loss", 3240, -1));
  run.events.push_back(event("steady", 5400, -1));
  std::stable_sort(run.events.begin(), run.events.end(),
                   [](const Event& a, const Event& b) { return a.time < b.time; });
}

void fill_texts(RunData& run) {
  run.title = "saddle to saddle";
  run.file = "example.h5";
  run.stop_reason = "reached_end";
  run.problem = {
      {"loss", "square"}, {"reduction", "sum"}, {"samples", "100"}, {"inputs from", "sphere, seed 1"}};
  run.counters = {
      {"gradients", "9906"}, {"hessians", "512"}, {"rejected_steps", "31"}, {"wall_seconds", "0.6173"}};
  run.provenance = {
      {"version", "0.1.0"}, {"compiler", "g++ 12.2.0"}, {"commit", "0efaf32"}, {"eigen", "3.4.0"}};
  run.study =
      "title = \"saddle to saddle\"\n\n[network]\nkind = \"feed_forward\"\nlayers = [10, 20, 1]  # inputs "
      "... outputs\n"
      "slope = 0.0\npower = 2\n\n[data]\ninputs = \"sphere\"\nsamples = 100\n# the "
      "teacher\n[data.teacher]\nneurons = 3\n\n"
      "[flow]\nt_end = 6e3\nrtol = 1e-8\n";
}

}  // namespace

RunData example_run(int inputs, int neurons) {
  RunData run;
  fill_texts(run);
  run.network_kind = "feed_forward";
  run.network_traits = {"layered", "separable", "pre_activations", "growable", "permutations"};
  run.activation = "squared ReLU";
  run.layer_sizes = {inputs, neurons, 1};
  run.slope = 0;
  run.power = 2;
  run.degree = 3;
  const Example example(inputs, neurons);
  for (int j = 0; j < inputs; ++j)
    for (int k = 0; k < neurons; ++k) run.parameters.push_back({0, k, j});
  for (int k = 0; k < neurons; ++k) run.parameters.push_back({1, 0, k});
  for (int k = 0; k < neurons; ++k) run.neurons.push_back({0, k});
  fill_times(run);
  fill_events(run, run.parameters.size(), neurons);
  run.layer_norm.assign(2, {});
  for (std::size_t i = 0; i < run.time.size(); ++i) {
    run.layer_norm[0].push_back(run.weight_norm[i] * 0.73);
    run.layer_norm[1].push_back(run.weight_norm[i] * 0.68);
  }
  for (int k = 0; k < neurons; ++k) {
    run.neuron_norm.emplace_back();
    for (const double t : run.time) run.neuron_norm.back().push_back(std::sqrt(2.0) * example.size(k, t));
  }
  for (std::size_t i = 0; i < run.time.size(); i += 4)
    add_snapshot(run, run.time[i], example.weights(run.time[i]));
  for (const Event& e : run.events) add_snapshot(run, e.time, example.weights(e.time));
  for (Event& e : run.events) e.snapshot = add_snapshot(run, e.time, {});
  for (Saddle& s : run.saddles) s.point = example.weights(s.closest_time);
  return run;
}

RunData example_diagonal_run(int inputs) {
  RunData run;
  fill_texts(run);
  run.title = "diagonal linear network";
  run.network_kind = "diagonal_linear";
  run.network_traits = {"separable", "coordinates"};
  run.layer_sizes = {inputs, 1};
  for (int layer = 0; layer < 2; ++layer)
    for (int j = 0; j < inputs; ++j) run.parameters.push_back({layer, 0, j});
  fill_times(run);
  run.time.back() = t_end;
  for (const double t : {0.0, 1000.0, 2500.0, t_end}) {
    std::vector<double> w;
    for (int layer = 0; layer < 2; ++layer)
      for (int j = 0; j < inputs; ++j)
        w.push_back((layer == 1 && j % 2 ? -1 : 1) * std::sqrt(j < modes ? learnt(j, t) : start));
    run.snapshots.push_back({t, w});
  }
  for (const auto& [kind, snapshot] : {std::pair{"jump_1", 1}, std::pair{"jump_2", 2}}) {
    run.events.push_back(event(kind, run.snapshots[static_cast<std::size_t>(snapshot)].time, 1));
    run.events.back().snapshot = snapshot;
  }
  return run;
}

void add_example_kkt(RunData& run) {
  const std::vector<double>& last = run.snapshots.back().weights;
  const std::size_t neurons = run.neurons.size();
  for (std::size_t k = 0; k < 4; ++k) {
    archive::KktRow row;
    row.direction.assign(last.size(), 0.0);
    double square = 0;
    for (std::size_t p = 0; p < last.size(); ++p) {
      const ParameterPlace& place = run.parameters[p];
      const auto neuron = static_cast<std::size_t>(place.layer == 0 ? place.row : place.column);
      if (neuron % (k + 1) == 0) row.direction[p] = last[p];
      square += row.direction[p] * row.direction[p];
    }
    for (double& x : row.direction) x /= std::sqrt(square);
    row.value = 0.8 - 0.3 * static_cast<double>(k);
    row.residual = 1e-15;
    row.second_order_gap = 0.4 - 0.3 * static_cast<double>(k);
    row.second_order_status = static_cast<int>(k);
    row.negative = static_cast<std::int64_t>(k);
    row.zero_explained = 1;
    row.zero_unexplained = k == 1 ? 2 : 0;
    row.positive = static_cast<std::int64_t>(last.size() - k) - 4;
    row.basin_share = k == 3 ? nan : 0.5 / static_cast<double>(k + 1);
    row.starts = 32 / static_cast<std::int64_t>(k + 1);
    row.layer_share = {2.0 / 3, 1.0 / 3};
    row.rank_one_residual = {k == 2 ? 0.3 : 1e-17, 0};
    row.active_neurons = {static_cast<std::int64_t>((neurons + k) / (k + 1)), -1};
    row.one_sign = {k == 0 ? 1 : 0, -1};
    row.equal_magnitude = {1, -1};
    row.aligned = {-1, -1};
    row.rank_one = k == 2 ? 0 : 1;
    row.scalar_kkt = k == 2 ? -1 : 1;
    row.passes = k == 2 ? 0 : 1;
    row.null = k == 3 ? 1 : 0;
    run.kkt.push_back(row);
  }
  run.run_point = 0;
  run.kkt_search = {{"gradients", "4321"}, {"seed", "1"}, {"starts", "64"}, {"unresolved", "2"}};
  run.alignment.neuron_cosine.assign(neurons, {});
  for (const Snapshot& s : run.snapshots) {
    const double distance = std::max(1e-9, std::exp(-s.time / 40)) + 1e-12 * s.time * s.time * s.time;
    run.alignment.time.push_back(s.time);
    run.alignment.cosine.push_back(1 - std::min(1.0, distance));
    run.alignment.residual.push_back(std::sqrt(distance));
    for (std::size_t k = 0; k < neurons; ++k)
      run.alignment.neuron_cosine[k].push_back(k == 3 ? nan : 1 - std::min(2.0, distance * double(k + 1)));
  }
}

void add_example_measures(RunData& run) {
  WeightMeasures& measures = run.measures;
  measures.singular_values.resize(2 * modes);
  measures.product.resize(modes);
  measures.effective_width.resize(1);
  measures.width_kind = "rank";
  measures.distance.resize(modes);
  measures.manifold_layer.assign(modes, 0);
  for (int h = 0; h < modes; ++h) measures.manifold_width.push_back(h);
  measures.manifold_kind = "rank";
  for (std::size_t row = 0; row < run.time.size(); row += 5) measures.time.push_back(run.time[row]);
  for (const double t : measures.time) {
    double rank = 0;
    for (int m = 0; m < modes; ++m) {
      const auto k = static_cast<std::size_t>(m);
      const double q = learnt(m, t);
      measures.product[k].push_back(q);
      measures.singular_values[k].push_back(std::sqrt(q));
      measures.singular_values[k + modes].push_back(std::sqrt(q));
      rank += q >= 1e-4 * learnt(0, t) ? 1 : 0;
    }
    measures.effective_width[0].push_back(rank);
    double tail = 0;  // of a balanced pair: THEORY.md, section 9
    for (int h = modes; h-- > 0;) {
      tail += 2 * learnt(h, t);
      measures.distance[static_cast<std::size_t>(h)].push_back(std::sqrt(tail));
    }
  }
  measures.layer = {0, 0, 0, 1, 1, 1};
}

}  // namespace saddleflow::report

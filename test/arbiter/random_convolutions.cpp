#include "arbiter/random_convolutions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cmath>

#include "arbiter/convolution_descent.hpp"
#include "arbiter/dice.hpp"

namespace saddleflow::test {
namespace {

using Sequence = std::vector<double>;

/// One channel of one sample.
Sequence random_sequence(SequenceKind kind, int positions, int stride, Dice& dice) {
  Sequence x = dice.normals(positions);
  const auto size = static_cast<std::size_t>(positions), step = static_cast<std::size_t>(stride);
  switch (kind) {
    case SequenceKind::constant:
      x.assign(size, x[0]);
      break;
    case SequenceKind::periodic:
      for (std::size_t j = step; j < size; ++j) x[j] = x[j - step];
      break;
    case SequenceKind::flipped:
      for (std::size_t j = step; j < size; ++j) x[j] = -x[j - step];
      break;
    case SequenceKind::padded: {
      const Sequence all = x;
      x.assign(size, 0.0);
      for (int k = 0; k < dice.between(1, 2); ++k) {
        const auto at = static_cast<std::size_t>(dice.between(0, positions - 1));
        x[at] = all[at];
      }
      break;
    }
    case SequenceKind::integers:
      for (double& v : x) v = dice.between(-2, 2);
      break;
    case SequenceKind::generic:
    case SequenceKind::shifted:
    case SequenceKind::opposite:
      break;
  }
  return x;
}

std::vector<Sequence> sequences(SequenceKind kind, int positions, int channels, int stride, Dice& dice) {
  const int n = dice.between(3, 8);
  std::vector<Sequence> samples(static_cast<std::size_t>(n));
  for (int c = 0; c < channels; ++c) {
    const Sequence all = dice.normals(positions + stride * n);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      Sequence x = random_sequence(kind, positions, stride, dice);
      const auto first = all.begin() + static_cast<std::ptrdiff_t>(i) * stride;
      if (kind == SequenceKind::shifted) x.assign(first, first + positions);
      samples[i].insert(samples[i].end(), x.begin(), x.end());
    }
  }
  if (kind == SequenceKind::opposite)
    for (std::size_t i = 0; i + 1 < samples.size(); i += 2)
      for (std::size_t j = 0; j < samples[i].size(); ++j) samples[i + 1][j] = -samples[i][j];
  return samples;
}

}  // namespace

std::string name(SequenceKind kind) {
  static const std::array<std::string, kSequenceKinds> names{"generic", "constant", "periodic", "flipped",
                                                             "shifted", "opposite", "padded",   "integers"};
  return names[static_cast<std::size_t>(kind)];
}

std::string RandomConvolution::description() const {
  return fmt::format(
      "seed {} number {}: {}, {}, kernel {}, stride {}, {} channels, {}, {} samples, slope {}, {} loss, {}, "
      "t "
      "= {:.4g}",
      seed, number, name(kind), fmt::join(plain.widths, "-"), plain.patches.kernel, plain.patches.stride,
      plain.patches.channels, plain.patches.average ? "average" : "dense", plain.inputs.size(), plain.slope,
      plain.logistic ? "logistic" : "square", plain.mean ? "mean" : "sum", plain.t_end);
}

RandomConvolution random_convolution(std::uint64_t seed, int number) {
  Dice dice(seed, number);
  RandomConvolution made{seed, number, static_cast<SequenceKind>(number % kSequenceKinds), {}};
  PlainProblem& p = made.plain;
  p.slope = std::array{0.0, 0.1, -0.5,
                       std::round(100 * dice.uniform(-1, 0.6)) /
                           100}[static_cast<std::size_t>(number / kSequenceKinds / 2 % 4)];
  p.logistic = dice.chance(0.3);
  p.mean = dice.chance(0.5);
  p.t_end = std::round(100 * dice.log_uniform(2, 15)) / 100;
  p.patches.channels = dice.chance(0.25) ? 2 : 1;
  p.patches.kernel = dice.between(2, p.patches.channels == 2 ? 3 : 4);
  p.patches.stride = dice.chance(0.7) ? 1 : 2;
  p.patches.average = number / kSequenceKinds % 2 == 1;
  const int positions = p.patches.kernel + p.patches.stride * dice.between(1, 3);
  p.inputs = sequences(made.kind, positions, p.patches.channels, p.patches.stride, dice);
  p.widths = {positions * p.patches.channels, dice.between(1, 4), dice.between(1, 2)};
  for (std::size_t i = 0; i < p.inputs.size(); ++i) {
    p.targets.push_back(dice.normals(p.widths[2]));
    if (p.logistic)
      for (double& y : p.targets.back()) y = y > 0 ? 1 : -1;
  }
  const int blocks = p.patches.average ? 1 : patch_count(p);
  const int weights = p.widths[1] * (p.patches.kernel * p.patches.channels + p.widths[2] * blocks);
  const double scale = dice.log_uniform(0.1, 1);
  for (int k = 0; k < weights; ++k) p.start.push_back(scale * dice.normal());
  return made;
}

}  // namespace saddleflow::test

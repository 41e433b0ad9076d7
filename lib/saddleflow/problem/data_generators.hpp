// Synthetic data sets: inputs with a known geometry and targets with a known structure, all from one seed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "saddleflow/base/named_enum.hpp"
#include "saddleflow/base/random.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/network/activation.hpp"
#include "saddleflow/problem/dataset.hpp"

namespace saddleflow {

enum class InputKind {
  gaussian,    ///< independent N(0, I)
  sphere,      ///< uniform on the unit sphere
  circle,      ///< d = 2, unit vectors at the angles offset + 2 pi i/n
  orthogonal,  ///< orthonormal columns, n <= d
  whitened,    ///< X X^T = I, n >= d
  hypercube,   ///< independent entries -1 or +1
  given        ///< GeneratorOptions::given_inputs
};

template <>
inline constexpr auto enum_table<InputKind> = named_enum<InputKind>("generator of inputs",
                                                                    {{InputKind::gaussian, "gaussian"},
                                                                     {InputKind::sphere, "sphere"},
                                                                     {InputKind::circle, "circle"},
                                                                     {InputKind::orthogonal, "orthogonal"},
                                                                     {InputKind::whitened, "whitened"},
                                                                     {InputKind::hypercube, "hypercube"},
                                                                     {InputKind::given, "given"}});

enum class TargetKind {
  teacher,            ///< a feed-forward network, see TeacherOptions
  teacher_sum,        ///< sum_k c_k sigma(v_k . x), see TeacherSumOptions
  sparse_polynomial,  ///< a sum of monomials, see Monomial
  signs,              ///< independent -1 or +1
  classes,            ///< one-hot: the largest output of the teacher; with one output its sign
  linear,             ///< Sigma x
  given               ///< GeneratorOptions::given_targets
};

template <>
inline constexpr auto enum_table<TargetKind> =
    named_enum<TargetKind>("generator of targets", {{TargetKind::teacher, "teacher"},
                                                    {TargetKind::teacher_sum, "teacher_sum"},
                                                    {TargetKind::sparse_polynomial, "sparse_polynomial"},
                                                    {TargetKind::signs, "signs"},
                                                    {TargetKind::classes, "classes"},
                                                    {TargetKind::linear, "linear"},
                                                    {TargetKind::given, "given"}});

/// y = scale * H(x) of a feed-forward network. Rows of the hidden layers are uniform on the unit sphere and
/// outer weights -1 or +1, unless they are given.
struct TeacherOptions {
  std::vector<Index> layers;  ///< inputs, hidden widths ..., outputs
  Activation activation;
  Real scale = 1;
  std::vector<Real> outer;    ///< outputs x last hidden width, column by column; empty: random signs
  std::vector<Real> weights;  ///< every weight in the order of the network's Layout; empty: drawn
};

/// y = sum_k c_k sigma(v_k . x), one output.
struct TeacherSumOptions {
  Matrix vectors;  ///< terms x d, row k is v_k
  std::vector<Real> coefficients;
  Activation activation;
};

/// coefficient * product of the named coordinates (counted from 1, repeats allowed, none: a constant).
struct Monomial {
  Real coefficient = 1;
  std::vector<Index> coordinates;
};

/// Everything that a generated data set depends on. `dimension` and `outputs` come from the network it is
/// made for.
struct GeneratorOptions {
  InputKind inputs = InputKind::gaussian;
  TargetKind targets = TargetKind::teacher;
  Index samples = 0;
  Index dimension = 0;
  Index outputs = 1;
  std::uint64_t seed = 1;
  Real scale = 1;   ///< multiplies the generated inputs (not given ones)
  Real offset = 0;  ///< circle: angle of the first input
  /// Standard deviation of the Gaussian noise added to the targets; classes: to the teacher's outputs.
  Real noise = 0;
  TeacherOptions teacher;
  TeacherSumOptions teacher_sum;
  std::vector<Monomial> sparse_polynomial;
  Matrix linear;         ///< Sigma, outputs x d
  Matrix given_inputs;   ///< d x n
  Matrix given_targets;  ///< outputs x n
};

/// f*(x) = outer sigma(incoming x): a teacher with one hidden layer and its weights.
struct TeacherNeurons {
  Matrix incoming;  ///< t x d
  Matrix outer;     ///< outputs x t, the scale included
  Activation activation;
};

/// That of the targets `teacher` or `teacher_sum`, the one that generate_targets() takes. Throws InputError
/// naming the key, also for other targets and other depths.
TeacherNeurons teacher_neurons(const GeneratorOptions& options);

/// Inputs d x n; uses the seed's stream `inputs` only (those of a test set: `test`). Throws InputError naming
/// the key (data.samples, ...).
Matrix generate_inputs(const GeneratorOptions& options, RandomStream stream = RandomStream::inputs);
/// Targets outputs x n of the given inputs; uses the streams `targets` and `noise`. Throws InputError naming
/// the key.
Matrix generate_targets(const GeneratorOptions& options, const Matrix& inputs);
/// A test set: independent samples from the same distribution of inputs (gaussian, sphere or hypercube), with
/// the targets of the same rule, without noise. InputError for other inputs, and for targets that follow no
/// rule (signs, given).
Dataset generate_test_set(const GeneratorOptions& options, Index samples);
/// Both, with the origin "generator sphere/teacher" and the seed noted.
Dataset generate_dataset(const GeneratorOptions& options);

}  // namespace saddleflow

#include "saddleflow/problem/data_generators.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <string_view>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

constexpr std::array<std::pair<InputKind, const char*>, 7> input_names = {
    {{InputKind::gaussian, "gaussian"},
     {InputKind::sphere, "sphere"},
     {InputKind::circle, "circle"},
     {InputKind::orthogonal, "orthogonal"},
     {InputKind::whitened, "whitened"},
     {InputKind::hypercube, "hypercube"},
     {InputKind::given, "given"}}};

constexpr std::array<std::pair<TargetKind, const char*>, 7> target_names = {
    {{TargetKind::teacher, "teacher"},
     {TargetKind::teacher_sum, "teacher_sum"},
     {TargetKind::sparse_polynomial, "sparse_polynomial"},
     {TargetKind::signs, "signs"},
     {TargetKind::classes, "classes"},
     {TargetKind::linear, "linear"},
     {TargetKind::given, "given"}}};

template <class Names>
auto parse_kind(const Names& names, const char* key, const std::string& name) {
  std::string known;
  for (const auto& [kind, kind_name] : names) {
    if (name == kind_name) return kind;
    known += (known.empty() ? "" : ", ") + std::string(kind_name);
  }
  throw InputError(fmt::format("{}: unknown generator \"{}\", expected one of {}", key, name, known));
}

template <class Names, class Kind>
const char* find_name(const Names& names, Kind kind) {
  for (const auto& [candidate, name] : names)
    if (candidate == kind) return name;
  return "unknown";
}

}  // namespace

InputKind parse_input_kind(const std::string& name) { return parse_kind(input_names, "data.inputs", name); }
TargetKind parse_target_kind(const std::string& name) {
  return parse_kind(target_names, "data.targets", name);
}
const char* name_of(InputKind kind) { return find_name(input_names, kind); }
const char* name_of(TargetKind kind) { return find_name(target_names, kind); }

Dataset generate_dataset(const GeneratorOptions& options) {
  // Dataset and run file keep the seed in a signed number.
  if (options.seed > static_cast<std::uint64_t>(std::numeric_limits<long>::max()))
    throw InputError(fmt::format("data.seed: {} is too large, expected at most {}", options.seed,
                                 std::numeric_limits<long>::max()));
  Dataset data;
  data.inputs = generate_inputs(options);
  data.targets = generate_targets(options, data.inputs);
  data.origin = fmt::format("generator {}/{}", name_of(options.inputs), name_of(options.targets));
  data.seed = static_cast<long>(options.seed);
  return data;
}

Dataset generate_test_set(const GeneratorOptions& options, Index samples) {
  using enum InputKind;
  if (options.inputs != gaussian && options.inputs != sphere && options.inputs != hypercube)
    throw InputError(
        fmt::format("data.test_samples: found inputs \"{}\", which are all there are, expected "
                    "gaussian, sphere or hypercube",
                    name_of(options.inputs)));
  if (options.targets == TargetKind::signs || options.targets == TargetKind::given)
    throw InputError(
        fmt::format("data.test_samples: found targets \"{}\", which follow no rule, expected "
                    "teacher, teacher_sum, sparse_polynomial, classes or linear",
                    name_of(options.targets)));
  GeneratorOptions test = options;
  test.samples = samples;
  test.noise = 0;
  Dataset data;
  data.inputs = generate_inputs(test, RandomStream::test);
  data.targets = generate_targets(test, data.inputs);
  data.origin = fmt::format("generator {}/{}, test set", name_of(options.inputs), name_of(options.targets));
  data.seed = static_cast<long>(options.seed);
  return data;
}

}  // namespace saddleflow

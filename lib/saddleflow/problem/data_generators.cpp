#include "saddleflow/problem/data_generators.hpp"

#include <fmt/format.h>

#include <limits>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

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

#include "saddleflow/problem/fitting_data.hpp"

#include <fmt/format.h>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

std::shared_ptr<const Network> fitting(std::shared_ptr<const Network> network, const Dataset& data,
                                       const Loss& loss) {
  if (data.targets.rows() != network->output_count())
    throw InputError(fmt::format("{}: found {} targets a sample, expected the {} outputs of the network",
                                 data.origin, data.targets.rows(), network->output_count()));
  if (data.inputs.cols() != data.targets.cols() || data.inputs.cols() == 0)
    throw InputError(fmt::format(
        "{}: found {} input columns and {} target columns, expected as many of each, at least one",
        data.origin, data.inputs.cols(), data.targets.cols()));
  if (!data.inputs.allFinite())
    throw InputError(fmt::format("{}: found a number that is not finite among the inputs", data.origin));
  loss.check_targets(data.targets);
  return network;
}

}  // namespace saddleflow

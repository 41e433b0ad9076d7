// Run files of networks that grow: their parameters and neurons are in the order of birth, not in that of a
// Layout.
#pragma once

#include <cstdint>
#include <string>

#include "saddleflow/archive/run_reader.hpp"
#include "saddleflow/base/real.hpp"
#include "saddleflow/network/birth_order.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// The order in which a run holds its parameters. InputError naming the file if its tables describe none.
BirthOrder birth_order(const archive::RunReader& run);

/// Puts the tables of the description, which is of a network that has grown, in the order of birth.
void set_birth_order(archive::RunDescription& description, const BirthOrder& order);

/// Row `row` of /weights in the layout of `network`; of a run that does not grow, as it is. InputError naming
/// both sizes if the network of the run was another one then; as RunReader::row.
Vector stored_weights(const archive::RunReader& run, std::int64_t row, const Network& network);

/// InputError if the network of the run grows, which `what` cannot take.
void require_fixed_network(const archive::RunReader& run, const std::string& what);

}  // namespace saddleflow

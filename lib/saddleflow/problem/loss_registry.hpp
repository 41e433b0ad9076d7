// The losses by name, as studies and files refer to them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "saddleflow/problem/loss.hpp"

namespace saddleflow {

/// A loss that can be asked for by name.
struct LossEntry {
  std::string name;  ///< that of the function it makes
  std::function<LossPointer()> make;
  std::string help;  ///< a few words with the formula
};

/// In the order of their registration: square, logistic, softmax, exponential, then those of register_loss().
const std::vector<LossEntry>& loss_functions();
/// Adds a loss. Call it before the first study is read, because studies list the possible names, and before
/// other threads use the list. InputError if the name is empty or taken, or differs from the name of the
/// function.
void register_loss(LossEntry entry);
/// InputError that names the known losses for an unknown one.
Loss make_loss(const std::string& name, Reduction reduction = Reduction::sum);

}  // namespace saddleflow

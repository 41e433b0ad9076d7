// The losses by name: what studies and files may ask for.
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
/// Adds a loss, before the first study is read (studies list the names that they may use) and before other
/// threads ask. InputError where the name is empty, taken, or not the function's.
void register_loss(LossEntry entry);
/// InputError that names the known losses for an unknown one.
Loss make_loss(const std::string& name, Reduction reduction = Reduction::sum);

}  // namespace saddleflow

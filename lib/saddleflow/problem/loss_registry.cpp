#include "saddleflow/problem/loss_registry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

namespace {

std::vector<LossEntry>& loss_table() {
  static std::vector<LossEntry> table = {{"square", &square_loss, "(1/2)(yhat - y)^2"},
                                         {"logistic", &logistic_loss, "2 ln(1 + exp(-y yhat)), y = +-1"},
                                         {"softmax", &softmax_loss,
                                          "k/(k-1) times the cross-entropy of k >= 2 outputs, with one-hot "
                                          "targets or one column of class labels"},
                                         {"exponential", &exponential_loss, "exp(-y yhat), y = +-1"}};
  return table;
}

const LossEntry* find_loss(const std::string& name) {
  const auto& table = loss_table();
  const auto found =
      std::find_if(table.begin(), table.end(), [&](const LossEntry& entry) { return entry.name == name; });
  return found == table.end() ? nullptr : &*found;
}

}  // namespace

const std::vector<LossEntry>& loss_functions() { return loss_table(); }

void register_loss(LossEntry entry) {
  if (entry.name.empty() || find_loss(entry.name) != nullptr)
    throw InputError(
        fmt::format("loss: found \"{}\" for the name of a further loss, expected one that is not "
                    "empty and not taken",
                    entry.name));
  const LossPointer made = entry.make ? entry.make() : nullptr;
  if (!made || made->name() != entry.name)
    throw InputError(fmt::format("loss: found {} under the name \"{}\", expected a function of that name",
                                 made ? "\"" + made->name() + "\"" : "nothing", entry.name));
  loss_table().push_back(std::move(entry));
}

Loss make_loss(const std::string& name, Reduction reduction) {
  if (const LossEntry* entry = find_loss(name)) return Loss(entry->make(), reduction);
  std::string known;
  for (const LossEntry& entry : loss_table()) known += (known.empty() ? "" : ", ") + entry.name;
  throw InputError(fmt::format("loss: found \"{}\", expected one of {}", name, known));
}

}  // namespace saddleflow

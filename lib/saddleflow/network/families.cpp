#include "saddleflow/network/families.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <mutex>

#include "saddleflow/network/bilinear.hpp"
#include "saddleflow/network/convolution.hpp"

namespace saddleflow {
namespace {

std::shared_ptr<const Network> make_feed_forward(const NetworkSpec& spec) {
  if (spec.layers.size() < 2)
    throw NetworkKeyError(
        "layers", fmt::format("found {} numbers, expected at least inputs and outputs", spec.layers.size()));
  return feed_forward(spec.layers, spec.activation);
}

std::shared_ptr<const Network> make_diagonal_linear(const NetworkSpec& spec) {
  spec.require_layers(1, "one for diagonal_linear: the inputs");
  return diagonal_linear(spec.layers[0]);
}

std::shared_ptr<const Network> make_power_sum(const NetworkSpec& spec) {
  spec.require_layers(2, "two for power_sum: inputs and width");
  return power_sum(spec.layers[0], spec.layers[1], spec.activation);
}

// One line a family.
std::vector<NetworkFamily> built_in_families() {
  return {
      {"feed_forward", "inputs, hidden widths ..., outputs", &make_feed_forward, {}, true},
      {"diagonal_linear", "inputs", &make_diagonal_linear, {}, true},
      {"power_sum", "inputs, width", &make_power_sum, {}, true},
      bilinear_family(),
      convolution_family(),
  };
}

struct FamilyRegistry {
  std::mutex mutex;
  std::vector<NetworkFamily> families = built_in_families();
};

FamilyRegistry& family_registry() {
  static FamilyRegistry registry;
  return registry;
}

std::vector<std::string> kinds_of(const std::vector<NetworkFamily>& families) {
  std::vector<std::string> kinds;
  kinds.reserve(families.size());
  for (const NetworkFamily& family : families) kinds.push_back(family.kind);
  return kinds;
}

template <class T>
T own_value(const NetworkSpec& spec, const std::string& key, const T& fallback) {
  const auto found = spec.own.find(key);
  if (found == spec.own.end()) return fallback;
  if (const T* value = std::get_if<T>(&found->second)) return *value;
  throw NetworkKeyError(key, "found a value of another type than the family asks for");
}

}  // namespace

Index NetworkSpec::integer(const std::string& key, Index fallback) const {
  return static_cast<Index>(own_value<std::int64_t>(*this, key, fallback));
}

std::string NetworkSpec::text(const std::string& key, const std::string& fallback) const {
  return own_value<std::string>(*this, key, fallback);
}

void NetworkSpec::require_layers(std::size_t count, const std::string& expected) const {
  if (layers.size() != count)
    throw NetworkKeyError("layers", fmt::format("found {} numbers, expected {}", layers.size(), expected));
}

std::vector<NetworkFamily> network_families() {
  FamilyRegistry& registry = family_registry();
  const std::lock_guard lock(registry.mutex);
  return registry.families;
}

void register_network_family(NetworkFamily family) {
  for (const Key& key : family.keys)
    if (key.type != KeyType::integer && key.type != KeyType::text)
      throw InputError(
          fmt::format("network family {}: key {} is neither integer nor text", family.kind, key.path));
  FamilyRegistry& registry = family_registry();
  const std::lock_guard lock(registry.mutex);
  for (const NetworkFamily& known : registry.families)
    if (known.kind == family.kind)
      throw InputError(fmt::format("network family {}: there is one of this name already", family.kind));
  registry.families.push_back(std::move(family));
}

NetworkFamily network_family(const std::string& kind) {
  const std::vector<NetworkFamily> families = network_families();
  for (const NetworkFamily& family : families)
    if (family.kind == kind) return family;
  throw InputError(fmt::format("network family \"{}\" is not known, expected one of {}", kind,
                               fmt::join(kinds_of(families), ", ")));
}

}  // namespace saddleflow

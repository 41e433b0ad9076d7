// The families of networks that a study can name, in one table.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "saddleflow/base/error.hpp"
#include "saddleflow/base/key.hpp"
#include "saddleflow/network/network.hpp"

namespace saddleflow {

/// A key of [network] does not fit the family. key() is its name without the section.
class NetworkKeyError : public InputError {
 public:
  NetworkKeyError(std::string key, const std::string& message) : InputError(message), key_(std::move(key)) {}
  const std::string& key() const { return key_; }

 private:
  std::string key_;
};

/// What a study says of its network.
struct NetworkSpec {
  using Value = std::variant<std::int64_t, std::string>;

  std::vector<Index> layers;
  Activation activation;
  std::map<std::string, Value> own;  ///< values of the family's own keys, those that the study names

  /// The value of one of the family's own keys, or `fallback` where the study does not name it.
  Index integer(const std::string& key, Index fallback) const;
  std::string text(const std::string& key, const std::string& fallback) const;
  /// NetworkKeyError "found ..., expected `expected`" unless `layers` has this many numbers.
  void require_layers(std::size_t count, const std::string& expected) const;
};

struct NetworkFamily {
  std::string kind;
  std::string layers;  ///< what network.layers lists, for `--help`
  /// Throws NetworkKeyError or InputError.
  std::function<std::shared_ptr<const Network>(const NetworkSpec&)> make;
  /// Further keys of [network], of type integer or text; `path` without the section. No fallbacks: the family
  /// has its own, and `doc` says it.
  std::vector<Key> keys = {};
  /// Whether network.bias = "first" makes sense: one more input, which is 1 for every sample.
  bool takes_bias = false;
};

/// In the order of their registration, those of the library first.
std::vector<NetworkFamily> network_families();
/// From outside the library. InputError where the kind is taken, or a key is of another type. Thread-safe.
void register_network_family(NetworkFamily family);
/// InputError that lists the known kinds.
NetworkFamily network_family(const std::string& kind);

}  // namespace saddleflow

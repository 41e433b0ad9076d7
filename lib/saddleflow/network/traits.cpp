#include "saddleflow/network/traits.hpp"

namespace saddleflow {

std::vector<std::string> trait_names(const NetworkTraits& traits) {
  std::vector<std::string> names;
  const auto add = [&names](bool holds, const char* name) {
    if (holds) names.emplace_back(name);
  };
  add(traits.layered, "layered");
  add(traits.separable, "separable");
  add(traits.pre_activations, "pre_activations");
  add(traits.growable, "growable");
  add(traits.symmetry == HiddenSymmetry::permutations, "permutations");
  add(traits.symmetry == HiddenSymmetry::rotations, "rotations");
  add(traits.symmetry == HiddenSymmetry::linear, "linear");
  add(traits.separable && !traits.permutable(), "coordinates");
  return names;
}

}  // namespace saddleflow

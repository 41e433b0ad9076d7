// The parameters and neurons of a network that grows, in the order of their birth: those of the first network
// as its Layout has them, then each new neuron's incoming weights and its outgoing ones. Files of growing
// networks are in this order, in which a bigger network only appends.
#pragma once

#include <cstdint>
#include <vector>

#include "saddleflow/base/real.hpp"
#include "saddleflow/network/layout.hpp"

namespace saddleflow {

class BirthOrder {
 public:
  /// Of a network that has not grown yet.
  explicit BirthOrder(const Layout& first);
  /// Of a file: the tables /network/parameter_layer, _row and _column, of one length. InputError unless some
  /// sequence of parameters leads there: two at one place, or matrices with holes.
  BirthOrder(const std::vector<std::int64_t>& layers, const std::vector<std::int64_t>& rows,
             const std::vector<std::int64_t>& columns);

  /// A neuron fed by a new, last row of W_layer; its outgoing weights are a new, last column of the next
  /// matrix, if there is one. InputError for the output layer, or no such layer.
  void append_neuron(int layer);

  /// All parameters born so far; the place of each never changes.
  const std::vector<ParameterPlace>& places() const { return places_; }
  Index size() const { return static_cast<Index>(places_.size()); }
  /// All hidden neurons born so far, `layer` and `row` of the weights that feed them; `column` is 0.
  std::vector<ParameterPlace> neurons() const;

  /// Of the network when `parameters` were born. InputError if it was no whole network then.
  Layout layout(Index parameters) const;
  Layout layout() const { return layout(size()); }
  /// The parameters, of those of a row that ends in NaN, that were born then.
  Index born(const std::vector<double>& row) const;

  /// From the order of birth to that of layout(born.size()), and back.
  Vector canonical(const Vector& born) const;
  Vector by_birth(const Vector& canonical) const;

 private:
  std::vector<ParameterPlace> places_;
};

}  // namespace saddleflow

#include "saddleflow/saddle/hessian_parts.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "saddleflow/base/decompositions.hpp"

namespace saddleflow {
namespace {

/// Rows that meet, directly or through others.
std::vector<std::vector<Index>> connected_rows(const Matrix& a) {
  std::vector<std::vector<Index>> all;
  std::vector<bool> seen(static_cast<std::size_t>(a.rows()), false);
  for (Index first = 0; first < a.rows(); ++first) {
    if (seen[static_cast<std::size_t>(first)]) continue;
    std::vector<Index> rows = {first};
    seen[static_cast<std::size_t>(first)] = true;
    for (std::size_t next = 0; next < rows.size(); ++next)
      for (Index j = 0; j < a.cols(); ++j) {
        if (seen[static_cast<std::size_t>(j)] || a(j, rows[next]) == 0) continue;
        seen[static_cast<std::size_t>(j)] = true;
        rows.push_back(j);
      }
    std::sort(rows.begin(), rows.end());
    all.push_back(std::move(rows));
  }
  return all;
}

std::vector<Index> picked(const std::vector<Index>& from, const std::vector<Index>& which) {
  std::vector<Index> all;
  for (const Index k : which) all.push_back(from[static_cast<std::size_t>(k)]);
  return all;
}

/// The parts of a block on some rows of the whole.
void add_parts(const std::vector<Index>& places, const Matrix& block, std::vector<HessianPart>& parts) {
  for (const std::vector<Index>& rows : connected_rows(block)) {
    std::vector<Index> order = rows;
    std::sort(order.begin(), order.end(), [&](Index a, Index b) {
      return places[static_cast<std::size_t>(a)] < places[static_cast<std::size_t>(b)];
    });
    parts.push_back({picked(places, order), block(order, order)});
  }
}

}  // namespace

std::vector<HessianPart> parts_of(Matrix hessian) {
  const std::vector<std::vector<Index>> all = connected_rows(hessian);
  std::vector<HessianPart> parts;
  if (all.size() == 1) {
    parts.push_back({all.front(), std::move(hessian)});
    return parts;
  }
  for (const std::vector<Index>& rows : all) parts.push_back({rows, hessian(rows, rows)});
  return parts;
}

std::optional<std::vector<HessianPart>> parts_of(const NeuronForm& form, Index most) {
  std::vector<Index> coupled, starts;  // places of the columns of J, and where a neuron's begin in the block
  std::vector<Index> neurons;
  for (Index k = 0; k < form.neuron_count(); ++k) {
    if (!form.has_part(k)) continue;
    neurons.push_back(k);
    starts.push_back(static_cast<Index>(coupled.size()));
    for (Index i = form.starts[static_cast<std::size_t>(k)]; i < form.starts[static_cast<std::size_t>(k) + 1];
         ++i)
      coupled.push_back(i);
  }
  if (static_cast<Index>(coupled.size()) > most) return std::nullopt;
  Matrix block = form.jacobian.transpose() * form.signs.asDiagonal() * form.jacobian;
  block = ((block + block.transpose()) / 2).eval();
  for (std::size_t c = 0; c < neurons.size(); ++c) {
    const Matrix& own = form.blocks[static_cast<std::size_t>(neurons[c])];
    block.block(starts[c], starts[c], own.rows(), own.cols()) += own;
  }
  std::vector<HessianPart> parts;
  add_parts(picked(form.places, coupled), block, parts);
  for (Index k = 0; k < form.neuron_count(); ++k) {
    if (std::binary_search(neurons.begin(), neurons.end(), k)) continue;
    const auto begin = form.places.begin();
    add_parts({begin + form.starts[static_cast<std::size_t>(k)],
               begin + form.starts[static_cast<std::size_t>(k) + 1]},
              form.blocks[static_cast<std::size_t>(k)], parts);
  }
  std::sort(parts.begin(), parts.end(),
            [](const HessianPart& a, const HessianPart& b) { return a.places.front() < b.places.front(); });
  return parts;
}

PartsSpectrum spectrum_of(const std::vector<HessianPart>& parts) {
  std::vector<Real> values;
  std::vector<std::size_t> part;
  std::vector<Index> column;
  PartsSpectrum result;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    SymmetricEigen eigen = symmetric_eigen(parts[k].hessian, "spectrum");
    for (Index i = 0; i < eigen.values.size(); ++i) {
      values.push_back(eigen.values[i]);
      part.push_back(k);
      column.push_back(i);
    }
    result.vectors.push_back(std::move(eigen.vectors));
  }
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t(0));
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a] < values[b]; });
  result.values.resize(static_cast<Index>(order.size()));
  for (std::size_t k = 0; k < order.size(); ++k) {
    result.values[static_cast<Index>(k)] = values[order[k]];
    result.part.push_back(part[order[k]]);
    result.column.push_back(column[order[k]]);
  }
  return result;
}

Matrix whole_vectors(const PartsSpectrum& spectrum, const std::vector<HessianPart>& parts, Index first,
                     Index count, Index size) {
  Matrix vectors = Matrix::Zero(size, count);
  for (Index k = 0; k < count; ++k) {
    const auto at = static_cast<std::size_t>(first + k);
    vectors(parts[spectrum.part[at]].places, k) =
        spectrum.vectors[spectrum.part[at]].col(spectrum.column[at]);
  }
  return vectors;
}

std::vector<NullPart> vectors_by_part(const PartsSpectrum& spectrum, const std::vector<HessianPart>& parts,
                                      Index first, Index count) {
  std::vector<std::vector<Index>> columns(parts.size());
  for (Index k = 0; k < count; ++k) {
    const auto at = static_cast<std::size_t>(first + k);
    columns[spectrum.part[at]].push_back(spectrum.column[at]);
  }
  std::vector<NullPart> found;
  for (std::size_t k = 0; k < parts.size(); ++k)
    if (!columns[k].empty()) found.push_back({parts[k].places, spectrum.vectors[k](Eigen::all, columns[k])});
  return found;
}

Matrix whole_null_space(const std::vector<NullPart>& parts, Index size) {
  Index count = 0;
  for (const NullPart& part : parts) count += part.vectors.cols();
  Matrix vectors = Matrix::Zero(size, count);
  Index first = 0;
  for (const NullPart& part : parts) {
    vectors.middleCols(first, part.vectors.cols())(part.places, Eigen::all) = part.vectors;
    first += part.vectors.cols();
  }
  return vectors;
}

}  // namespace saddleflow

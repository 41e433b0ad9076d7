#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "saddleflow/report/directions.hpp"

namespace saddleflow::report {

namespace {

using Row = std::vector<double>;

double norm(const Row& row) {
  return std::sqrt(std::inner_product(row.begin(), row.end(), row.begin(), 0.0));
}

struct Cluster {
  std::vector<std::size_t> leaves;
  double longest = 0;
};

/// Mean similarity between the leaves of two clusters.
double linkage(const Cluster& a, const Cluster& b, const std::vector<Row>& similarity) {
  double sum = 0;
  for (const std::size_t i : a.leaves)
    for (const std::size_t j : b.leaves) sum += similarity[i][j];
  return sum / static_cast<double>(a.leaves.size() * b.leaves.size());
}

Cluster merged(Cluster a, Cluster b) {
  if (a.longest < b.longest) std::swap(a, b);
  a.leaves.insert(a.leaves.end(), b.leaves.begin(), b.leaves.end());
  return a;
}

std::vector<Row> similarities(const std::vector<Row>& rows) {
  std::vector<Row> similarity(rows.size(), Row(rows.size(), -1.0));
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = 0; j < rows.size(); ++j) {
      const double product = norm(rows[i]) * norm(rows[j]);
      if (product > 0)
        similarity[i][j] = std::inner_product(rows[i].begin(), rows[i].end(), rows[j].begin(), 0.0) / product;
    }
  return similarity;
}

}  // namespace

std::vector<std::size_t> cluster_order(const std::vector<Row>& rows) {
  const std::vector<Row> similarity = similarities(rows);
  std::vector<Cluster> clusters;
  for (std::size_t i = 0; i < rows.size(); ++i) clusters.push_back({{i}, norm(rows[i])});
  while (clusters.size() > 1) {
    double best = -std::numeric_limits<double>::infinity();
    std::size_t left = 0, right = 1;
    for (std::size_t i = 0; i < clusters.size(); ++i)
      for (std::size_t j = i + 1; j < clusters.size(); ++j)
        if (const double l = linkage(clusters[i], clusters[j], similarity); l > best) {
          best = l;
          left = i;
          right = j;
        }
    clusters[left] = merged(std::move(clusters[left]), std::move(clusters[right]));
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(right));
  }
  return clusters.empty() ? std::vector<std::size_t>{} : clusters.front().leaves;
}

}  // namespace saddleflow::report

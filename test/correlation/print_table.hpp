// What a KKT search found, one line an entry.
#pragma once

#include <fmt/format.h>

#include <string>

#include "saddleflow/correlation/kkt_search.hpp"

namespace saddleflow::test {

inline void print(const std::string& title, const KktTable& table) {
  fmt::print("{}: {} starts, {} unresolved, {} gradients, {} Hessians\n", title, table.starts,
             table.unresolved, table.work.gradients, table.work.hessians);
  for (const KktEntry& e : table.entries)
    fmt::print(
        "  N {:+.12f}  residual {:.1e}  share {:.3f}  {:10} gap {:+.3e} ({}-, {}+{} zero, {}+) {} {}\n",
        static_cast<double>(e.point.value), static_cast<double>(e.point.residual),
        static_cast<double>(e.basin_share), name_of(e.second_order.status),
        static_cast<double>(e.second_order.gap), e.second_order.negative, e.second_order.zero_explained,
        e.second_order.zero_unexplained, e.second_order.positive, e.point.null ? "null" : "", e.failure);
}

}  // namespace saddleflow::test

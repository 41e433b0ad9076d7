#include <algorithm>

#include "saddleflow/switching/switched_system.hpp"

namespace saddleflow {

void Mode::set(Index k, Side side) {
  sides[static_cast<std::size_t>(k)] = side;
  const auto at = std::lower_bound(sliding.begin(), sliding.end(), k);
  const bool listed = at != sliding.end() && *at == k;
  if (side == Side::sliding && !listed) sliding.insert(at, k);
  if (side != Side::sliding && listed) sliding.erase(at);
}

}  // namespace saddleflow

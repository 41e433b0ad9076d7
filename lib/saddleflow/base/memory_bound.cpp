#include "saddleflow/base/memory_bound.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "saddleflow/base/error.hpp"

namespace saddleflow {

double memory_bytes() {
  const auto physical =
      static_cast<double>(sysconf(_SC_PHYS_PAGES)) * static_cast<double>(sysconf(_SC_PAGESIZE));
  rlimit limit{};  // ulimit -v
  if (getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY)
    return std::min(physical, static_cast<double>(limit.rlim_cur));
  return physical;
}

void require_memory(const std::string& place, const std::string& what, double numbers) {
  const double most = memory_bytes() / sizeof(double);
  if (numbers <= most) return;  // a double: the product of extents may leave the range of integers
  throw InputError(fmt::format("{}: found {:.6g} {}, expected at most {:.3g} for the memory of this machine",
                               place, numbers, what, most));
}

void require_memory(const std::string& place, const std::string& what,
                    std::initializer_list<std::int64_t> extents) {
  double numbers = 1;
  for (const std::int64_t extent : extents) numbers *= static_cast<double>(extent);
  require_memory(place, what, numbers);
}

}  // namespace saddleflow

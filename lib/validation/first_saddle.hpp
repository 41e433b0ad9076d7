// Which saddle the flow from a small start reaches first, and which weights are still small there (P3).
#pragma once

#include <string>
#include <vector>

#include "saddleflow/saddle/critical_point.hpp"
#include "validation/limit_direction.hpp"

namespace saddleflow::claims {

/// The flow from one delta.
struct Passage {
  bool same = false;  ///< it reached the end of the limit path, modulo the symmetries of the network
  std::string other;  ///< what it reached instead
  Real distance = 0;  ///< ||w - p*|| / ||p*|| at the closest approach; NaN unless `same`
  Real small = 0;     ///< of the neurons that are zero in the KKT direction: largest norm until then
};

struct FirstSaddle {
  LimitDirection limit;
  /// Why P3 says nothing of this start: its direction goes to no second-order positive KKT point, or the
  /// limit path ends nowhere. Empty: the rest is there.
  std::string excluded;
  CriticalPoint end;              ///< p*, at the end of the limit path
  std::vector<Index> zero;        ///< neurons that are zero in the KKT direction
  std::vector<Passage> passages;  ///< per delta
  bool path_keeps_zeros = false;  ///< they are exactly zero on the whole limit path ...
  bool flow_keeps_zeros = false;  ///< ... and, from the smallest delta, where they are zero in the start
};

FirstSaddle measure_first_saddle(Problem& problem, const Vector& u0);

}  // namespace saddleflow::claims

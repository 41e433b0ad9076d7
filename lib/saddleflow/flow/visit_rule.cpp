#include "saddleflow/flow/visit_rule.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace saddleflow {

namespace {

// Across kinks, measured on ReLU networks with ordinary data (THEORY.md, section 3).
constexpr Real kRiseAcrossKinks = 10, kLossAcrossKinks = Real(0.95);

// Of logarithms that may be of 0.
Real log_ratio(Real numerator, Real denominator) {
  constexpr Real least = std::numeric_limits<Real>::min();
  return std::log(std::max(numerator, least)) - std::log(std::max(denominator, least));
}

}  // namespace

Real VisitRule::dip_level(Real farthest) const { return std::min(shallowest, farthest / prominence); }

Real VisitRule::overdue(bool close, Real nearest, Real nearest_loss, Real r, Real loss) const {
  const Real level = close ? leave : prominence * std::max(nearest, kProximityNoise);
  if (!kinked) return r - level;
  return std::min(r - level, std::max(log_ratio(r, kRiseAcrossKinks * nearest),
                                      log_ratio(kLossAcrossKinks * nearest_loss, loss)));
}

VisitRule make_visit_rule(const Network& network, const Loss& loss, Real enter, Real leave, Real prominence) {
  VisitRule rule{enter, leave, prominence, network.traits().kinked()};
  if (!loss.traits().attained && loss.function().own_scale() == nullptr)
    rule.shallowest *= static_cast<Real>(network.degree());
  return rule;
}

bool VisitScan::begin(Real r, Real loss) {
  farthest_ = std::max(farthest_, r);
  const bool close = r < rule_.enter;
  if (!close && !(rule_.finds_dips() && r < rule_.dip_level(farthest_))) return false;
  visit_ = VisitRows{row_, row_, {}, close};
  approach(r, loss);
  return true;
}

void VisitScan::approach(Real r, Real loss) {
  nearest_ = r;
  nearest_loss_ = loss;
  visit_->closest = row_;
}

bool VisitScan::add(Real r, Real loss) {
  bool nearer = !visit_ && begin(r, loss);
  if (visit_ && !nearer) {
    if (!visit_->close && r < rule_.enter) {
      visit_->close = true;
      visit_->enter = row_;
    }
    nearer = r < nearest_;
    if (nearer) approach(r, loss);
    if (rule_.overdue(visit_->close, nearest_, nearest_loss_, r, loss) >= 0) {
      visit_->leave = row_;
      ended_.push_back(*visit_);
      visit_.reset();
      farthest_ = r;
    }
  }
  ++row_;
  return nearer;
}

std::vector<VisitRows> find_visits(std::span<const double> proximity, std::span<const double> loss,
                                   const VisitRule& rule) {
  if (proximity.size() != loss.size())
    throw std::invalid_argument("find_visits: proximity and loss are of different lengths");
  VisitScan scan(rule);
  for (std::size_t row = 0; row < proximity.size(); ++row)
    scan.add(static_cast<Real>(proximity[row]), static_cast<Real>(loss[row]));
  std::vector<VisitRows> found = scan.ended();
  if (scan.under_way() && scan.under_way()->close) found.push_back(*scan.under_way());
  return found;
}

}  // namespace saddleflow

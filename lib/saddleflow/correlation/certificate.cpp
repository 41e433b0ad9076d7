#include "saddleflow/correlation/certificate.hpp"

#include <fmt/format.h>

#include "saddleflow/correlation/clarke.hpp"
#include "saddleflow/correlation/kkt_structure.hpp"
#include "saddleflow/correlation/neuron_certificate.hpp"
#include "saddleflow/correlation/second_order.hpp"

namespace saddleflow {
namespace {

// Shares and balance follow from stationarity: their errors are the residual's, times what weights of a deep
// network differ in size.
constexpr Real kStructure = Real(1e-9);

std::string too_large(const char* what, Real found, Real allowed) {
  return fmt::format("{} {:.2e}, expected at most {:.0e}", what, static_cast<double>(found),
                     static_cast<double>(allowed));
}

/// The first check that fails; NaN fails. A null point is stationary whatever its layers share.
std::string first_failure(const KktEntry& entry, Real tolerance) {
  if (!(entry.point.residual <= tolerance)) return too_large("residual", entry.point.residual, tolerance);
  if (entry.point.null) return {};
  if (entry.structure.expected_layer_share.size() == 0) return {};
  if (!(entry.structure.layer_share_error <= kStructure))
    return too_large("layer share error", entry.structure.layer_share_error, kStructure);
  if (!(entry.structure.balance_residual <= kStructure))
    return too_large("balance residual", entry.structure.balance_residual, kStructure);
  return {};
}

ClarkeCertificate certified_element(Correlation& correlation, const Vector& u) {
  if (!NeuronSum::applies_to(correlation.network())) return clarke_certificate(correlation, u);
  NeuronSum sum(correlation);
  return clarke_by_neurons(sum, u);
}

}  // namespace

KktEntry certify(Correlation& correlation, const KktPoint& point, Real tolerance) {
  KktEntry entry;
  entry.point = point;
  const bool smooth = !correlation.network().traits().kinked();
  if (!smooth && !point.null) {
    entry.clarke = certified_element(correlation, point.direction);
    entry.point.residual = entry.clarke.residual;
  }
  entry.second_order = second_order_status(correlation, point);
  entry.structure = analyse_structure(correlation, entry.point);
  entry.failure = first_failure(entry, tolerance);
  entry.passes = entry.failure.empty();
  return entry;
}

}  // namespace saddleflow

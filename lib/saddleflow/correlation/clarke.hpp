// The KKT condition of nonsmooth networks (p = 1, alpha != 1): 0 in dN(u) - D N u with the Clarke
// subdifferential.
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/network/kink.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// The residual up to which a point counts as stationary: the nearest element is a solution of least squares,
/// and the kinks that it is looked for on are those to kKinkTolerance.
inline constexpr Real kClarkeTolerance = kKinkTolerance;

/// The distance of D N u from the Clarke subdifferential of N at u, over the norm of the nearest element.
/// `kink_tolerance`: pre-activations below it, relative to ||a|| ||w_k||, are on the kink. Smooth networks:
/// no kinks, and the residual is the plain one, of `correlation`, whose output scale must be 0. With kinks in
/// one layer and independent normals every slope is free on its own in [alpha, 1]: bounded least squares.
/// Else the subdifferential is the convex hull of the gradients on the cells around u (F. H. Clarke,
/// Optimization and nonsmooth analysis, 1983, theorem 2.5.1), whose nearest point is exact at any depth.
/// Where there are more than a few thousand cells the slopes are free on their own again. With kinks in
/// several layers the problem then is not convex, and a residual above the tolerance only says that none of a
/// few starts led below it; with dependent normals the set is a larger one (`outer`), and a small residual
/// says nothing. Throws InputError when u has not the size of the network's parameters.
ClarkeCertificate clarke_certificate(Correlation& correlation, const Vector& u,
                                     Real tolerance = kClarkeTolerance, Real kink_tolerance = kKinkTolerance);

/// What the residual says; nothing where it is that of a larger set, or too large for want of iterations.
Verdict clarke_verdict(const ClarkeCertificate& certificate, Real tolerance);

}  // namespace saddleflow

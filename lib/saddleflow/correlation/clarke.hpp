// The KKT condition of nonsmooth networks (p = 1, alpha != 1): 0 in dN(u) - D N u with the Clarke
// subdifferential.
#pragma once

#include "saddleflow/correlation/kkt_point.hpp"
#include "saddleflow/problem/correlation.hpp"

namespace saddleflow {

/// Bounded least squares for the slopes s in [alpha, 1] at the kinks: min || D N u - g(s) ||, g(s) the
/// gradient with these slopes. `kink_tolerance`: pre-activations below it, relative to ||a|| ||w_k||, are on
/// the kink. Smooth networks: no kinks, and the residual is the plain one, of `correlation`, whose output
/// scale must be 0. The slope of every (neuron, sample) pair is free on its own (sloped_gradient.hpp says
/// when that is the Clarke subdifferential itself); with kinks in several layers the problem is not convex,
/// and a residual above the tolerance only says that none of a few starts led below it. Throws InputError
/// when u has not the size of the network's parameters.
ClarkeCertificate clarke_certificate(Correlation& correlation, const Vector& u, Real tolerance = Real(1e-9),
                                     Real kink_tolerance = Real(1e-9));

}  // namespace saddleflow

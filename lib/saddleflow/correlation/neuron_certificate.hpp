// The Clarke condition of a sum over neurons, one neuron at a time.
#pragma once

#include "saddleflow/correlation/clarke.hpp"
#include "saddleflow/correlation/neuron_sum.hpp"

namespace saddleflow {

/// clarke_certificate() of N at u: the Clarke subdifferential of a sum of functions of different weights is
/// the product of theirs. The slopes come neuron after neuron. u has the size of the whole.
ClarkeCertificate clarke_by_neurons(NeuronSum& sum, const Vector& u);

}  // namespace saddleflow

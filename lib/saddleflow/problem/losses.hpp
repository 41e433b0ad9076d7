// The losses of the library, each made once and shared. With these scalings -l'(0, y) = y for the losses of
// one output, and y less the mean of its class for softmax (THEORY.md, section 1).
#pragma once

#include "saddleflow/problem/loss_function.hpp"

namespace saddleflow {

/// (1/2)(yhat - y)^2, summed over outputs.
LossPointer square_loss();
/// 2 ln(1 + e^{-y yhat}), y = +-1, summed over outputs. Margins: y yhat of every output.
LossPointer logistic_loss();
/// e^{-y yhat}, y = +-1, summed over outputs; infinite where it is too large for a number. Margins: y yhat of
/// every output.
LossPointer exponential_loss();
/// Cross-entropy of k >= 2 classes, k/(k-1) [ln sum_j e^{yhat_j} - yhat_c], targets one-hot columns e_c; with
/// k = 2 and yhat = (m/2, -m/2) the logistic loss of the margin m. -l'(0, e_c) = (k e_c - 1)/(k - 1).
/// Margins: yhat_c - yhat_j of the k - 1 other classes j. Targets may be given as one row of class labels,
/// counted from 0 where a 0 occurs among them and from 1 elsewhere.
LossPointer softmax_loss();
/// -y yhat, summed over outputs, with y = -l'(0) minus the correlation function of another loss. No minimum;
/// not offered to studies.
LossPointer linear_loss();

}  // namespace saddleflow

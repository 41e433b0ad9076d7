// Thinning of curves to what a screen can show, without losing a jump, a spike or a plateau.
//
// A curve of saddle-to-saddle dynamics is looked at in linear time, in logarithmic time and step by step,
// with linear and logarithmic values. Each of these pictures has an arc length; rows are put into buckets of
// equal *summed* arc length
//     s_i = i/N + (t_i - t_0)/T + ln(t_i/t_1)/ln(t_N/t_1) + c sum_{j<=i} max_curve max(|dy|/range, |d
//     ln|y||/log range)
// so that every bucket is short in every picture. c <= 1 keeps the share of the values at most as large as
// that of the three abscissae: noise cannot starve a plateau. In every bucket the first row and the extremes
// of each curve are kept.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace saddleflow {

/// Rows to draw, ascending, at most `limit` of them (or 3 + 3 for each curve, if that is more) plus `keep`.
/// The first and last row, all of `keep`, and each curve's minimum, maximum and gaps (non-finite values) in
/// each bucket are among them. All rows when there are no more than `limit`. `time`: not decreasing;
/// `curves`: each as long as `time`; `limit`: at least 16. Throws InputError otherwise.
std::vector<std::size_t> thin_rows(std::span<const double> time,
                                   const std::vector<std::span<const double>>& curves, std::size_t limit,
                                   const std::vector<std::size_t>& keep = {});

}  // namespace saddleflow

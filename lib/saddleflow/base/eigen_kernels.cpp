#define SADDLEFLOW_KERNEL
#include "saddleflow/base/eigen_kernels.hpp"

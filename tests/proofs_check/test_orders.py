import pytest

from dcpg_theory.errors import Undecided
from dcpg_theory.exact.kernel import Kernel
from proofs_check.readings.orders import derivative_orders, of_orders


@pytest.mark.parametrize(
    ("display", "orders"),
    [
        (r"\nabla_{\theta_s} \pi_\theta(a|s) = \pi_\theta(a|s) e_a", (1, 0)),
        (r"\nabla_{\theta_s}^2 \zeta(\theta) &= x", (2, 0)),
        (r"\frac{\partial}{\partial \theta_{s,a'}} \nabla_{\theta_s}^2 \zeta(\theta) &= x", (3, 0)),
        (
            r"\left| \frac{d^2 \pi_\alpha(a|s)}{d\alpha^2} \right|_{\alpha=0} \leq "
            r"|u^\top \nabla_{\theta+\alpha u}^2 \pi_\alpha(a|s)|_{\alpha=0} u",
            (2, 2),
        ),
        (r"\left| \frac{d\pi_\alpha(a|s)}{d\alpha} \right|_{\alpha=0} \leq 2", (1, 0)),
        (r"\|\nabla V' - \nabla V''\| &\leq \frac{8}{(1-\gamma)^3} x", (1, 0)),
        (r"\nabla_{\theta_s}^2 \pi = (1(a=a') - \pi)", (2, 0)),
    ],
)
def test_the_order_of_a_derivative_is_read_off_each_side(display, orders):
    assert derivative_orders(display) == orders


def test_a_display_of_another_order_is_left_undecided():
    check = of_orders(lambda kernel: kernel.at_instance(1, "=", 1, {}), 2, 0, names=(r"\zeta",))
    assert check(Kernel(r"\nabla_{\theta}^2 \zeta(\theta) = H")).verdict.passes
    for other in (r"\nabla_{\theta}^3 \zeta(\theta) = H", r"\nabla_{\theta}^2 \xi(\theta) = H"):
        with pytest.raises(Undecided):
            check(Kernel(other))

package relay

import (
	"time"

	"yolk/netdev/wrap"
)

// Paths are long or poor ways through networks, for benchmarks: what is said of each is
// its round trip and what packets meet in both directions.
func Paths() []Impairment {
	delay := func(part float64, least, most time.Duration) func(uint64) Wrapper {
		return func(seed uint64) Wrapper { return wrap.Delay(seed, part, least, most) }
	}
	loss := func(part float64) func(uint64) Wrapper {
		return func(seed uint64) Wrapper { return wrap.Loss(seed, part, 0) }
	}
	const ms = time.Millisecond
	return []Impairment{
		{Name: "direct"},
		{Name: "20 ms", both: some(delay(1, 10*ms, 10*ms))},
		{Name: "20 ms, half of the packets up to 1 ms later", both: some(delay(1, 10*ms, 10*ms), delay(0.5, 0, ms))},
		{Name: "50 ms", both: some(delay(1, 25*ms, 25*ms))},
		{Name: "20 ms, loss of 1 %", both: some(loss(0.01), delay(1, 10*ms, 10*ms))},
		{Name: "loss of 1 %", both: some(loss(0.01))},
		{Name: "loss of 5 %", both: some(loss(0.05))},
		{Name: "5 % reordered by 1 to 3 ms", both: some(delay(0.05, 1*ms, 3*ms))},
	}
}

// some puts wrappers around each other, each with a seed of its own.
func some(w ...func(seed uint64) Wrapper) func(seed uint64) []Wrapper {
	return func(seed uint64) (all []Wrapper) {
		for i, f := range w {
			all = append(all, f(seed+uint64(i)))
		}
		return all
	}
}

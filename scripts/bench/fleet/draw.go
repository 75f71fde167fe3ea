package main

import (
	"fmt"
	"strings"

	"yolk/scripts/chart"
)

// What was published of LightVM's unikernels on Xen, on 64 processors of 2.3 GHz
// (F. Huici, "Unleashing the Power of Unikernels with Unikraft", NEC 2018, slides "Instantiation Times with LightVM" and
// "Sample sizes"; F. Manco and others, "My VM is Lighter (and Safer) than your
// Container", SOSP 2017, 6.2 for restoring).
const (
	lightVMFirst   = 5.2 // ms to start one beside few
	lightVMLast    = 8.6 // beside thousands
	lightVMRestore = 20  // ms to go on from a checkpoint
	lightVMMemory  = 3.4 // MB of RAM of its daytime unikernel
)

// draw renders the report, a panel for each question.
func (r *Report) draw() []byte {
	first := chart.Panel{Title: "From the emulator's start to the first answer (log scale)", Unit: " ms", Log: true}
	memory := chart.Panel{Title: "Memory of a machine beside the others, emulator included (PSS)", Unit: " MB"}
	rate := chart.Panel{Title: "Machines started a second, until each has answered", Unit: "/s"}
	for _, y := range r.Systems {
		ink := chart.Ours
		if !strings.HasPrefix(y.Name, "Yolk") {
			ink = chart.Beside
		}
		first.Bars = append(first.Bars, chart.Bar{Name: y.Name, Ink: ink, Value: y.Alone.First})
		if y.Machines > 0 {
			name := fmt.Sprintf("%s, %d of %d MB", y.Name, y.Machines, y.Memory>>20)
			memory.Bars = append(memory.Bars, chart.Bar{Name: name, Ink: ink, Value: y.PSS / 1e6})
			rate.Bars = append(rate.Bars, chart.Bar{Name: name, Ink: ink, Value: y.Rate})
		}
	}
	first.Bars = append(first.Bars,
		chart.Bar{Name: "LightVM starts (Xen), few", Ink: chart.Quoted, Value: lightVMFirst},
		chart.Bar{Name: "LightVM starts, thousands", Ink: chart.Quoted, Value: lightVMLast},
		chart.Bar{Name: "LightVM restores", Ink: chart.Quoted, Value: lightVMRestore})
	memory.Bars = append(memory.Bars, chart.Bar{Name: "LightVM daytime, guest alone", Ink: chart.Quoted, Value: lightVMMemory})
	return chart.Draw(first, memory, rate)
}

// SPDX-License-Identifier: BSD-2-Clause
// A page that asks before it shows, and hides when the session is locked.
"use strict";

const form = document.getElementById("form");
const result = document.getElementById("result");
const record = document.getElementById("record");
let using = null;

function show(answer) {
	result.className = answer.allowed === true ? "allowed" : "denied";
	result.textContent = answer.allowed === true ? `許可: ${answer.record} ${answer.receipt}`
	    : `${answer.text ?? answer.error} (${answer.why ?? answer.error})`;
	// The server would be asked for the record now, with the answer's MAC.
	record.textContent = answer.allowed === true ? "(ここに記録が表示されます)" : "";
	record.classList.toggle("hidden", answer.allowed !== true);
}

jukinet.onEvent = (message) => {
	document.getElementById("state").textContent = message.state ?? message.event;
	if (message.state !== "active")
		record.classList.add("hidden");
	if (message.event === "down" || message.state === "ended")
		using = null;
};

async function lookUp() {
	const reception = form.elements.reception.value, code = form.elements.code.value;

	form.elements.code.value = "";
	result.textContent = "";
	record.classList.add("hidden");
	if (using !== reception) {
		if (using !== null)
			await jukinet.ask("end");
		const begun = await jukinet.ask("begin", { purpose: "counter", reception });
		using = begun.allowed === true ? reception : null;
		if (begun.allowed !== true)
			return show(begun);
	}
	const answer = await jukinet.ask("query", { action: "view", business: form.elements.business.value, code });
	show(answer);
	if (answer.allowed === true)
		await jukinet.ask("result", { record: answer.record, count: 1 });
}

form.addEventListener("submit", (event) => {
	event.preventDefault();
	lookUp();
});

/* SPDX-License-Identifier: BSD-2-Clause */
#include "p11module.h"

#include <assert.h>
#include <dlfcn.h>
#include <stddef.h>

#include "log.h"

static const struct {
	CK_RV code;
	enum jk_err err;
} codes[] = {
	{ CKR_OK, JK_OK },
	{ CKR_DEVICE_REMOVED, JK_ERR_CLOSED },
	{ CKR_TOKEN_NOT_PRESENT, JK_ERR_CLOSED },
	{ CKR_SESSION_CLOSED, JK_ERR_CLOSED },
	{ CKR_SESSION_HANDLE_INVALID, JK_ERR_CLOSED },
	{ CKR_SLOT_ID_INVALID, JK_ERR_CLOSED },
	{ CKR_TOKEN_NOT_RECOGNIZED, JK_ERR_NOT_FOUND },
	{ CKR_FUNCTION_CANCELED, JK_ERR_BUSY },
	{ CKR_OPERATION_ACTIVE, JK_ERR_BUSY },
};

enum jk_err
jk_p11_err(CK_RV code)
{
	for (size_t i = 0; i < JK_COUNT(codes); i++)
		if (codes[i].code == code)
			return codes[i].err;
	return JK_ERR_UNSUPPORTED;
}

static enum jk_err
get_functions(void *handle, CK_FUNCTION_LIST **ret)
{
	CK_RV (*get)(CK_FUNCTION_LIST **);
	CK_FUNCTION_LIST *list = NULL;
	void *symbol = dlsym(handle, "C_GetFunctionList");

	if (symbol == NULL)
		return JK_ERR_UNSUPPORTED;
	static_assert(sizeof(get) == sizeof(symbol));
	/* ISO C has no cast from an object to a function. */
	*(void **)&get = symbol;
	if (get(&list) != CKR_OK || list == NULL)
		return JK_ERR_UNSUPPORTED;
	/* The tables of 3.0 begin with that of 2.x. */
	if (list->version.major < 2 || list->version.major > 3)
		return JK_ERR_UNSUPPORTED;
	*ret = list;
	return JK_OK;
}

enum jk_err
jk_p11_load(const char *path, struct jk_p11_module *ret)
{
	struct jk_p11_module m = { .handle = dlopen(path, RTLD_NOW) };
	enum jk_err e;

	if (m.handle == NULL) {
		jk_log(JK_LOG_ERR, "cannot load: %s", dlerror());
		return JK_ERR_UNSUPPORTED;
	}
	e = get_functions(m.handle, &m.call);
	if (e != JK_OK) {
		jk_log(JK_LOG_ERR, "%s is no PKCS#11 module", path);
		return e;
	}
	*ret = m;
	return JK_OK;
}

enum jk_err
jk_p11_start(struct jk_p11_module *module)
{
	module->started = true;
	return jk_p11_err(module->call->C_Initialize(NULL));
}

/* Never unloaded: the process ends soon, and threads of it may still run. */
void
jk_p11_stop(struct jk_p11_module *module)
{
	if (module->started)
		(void)module->call->C_Finalize(NULL);
	module->started = false;
}

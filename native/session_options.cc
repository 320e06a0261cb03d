/**
 * TensorFlow's session options for JavaScript. tfjs-node makes every session with the defaults and offers no
 * way to change them; this file does, without a patch of its sources, by two names that are given to the
 * compiler (scripts/setup/addon.ts):
 *   - tfjs_backend.cc is compiled with TF_NewSessionOptions=aerial_NewSessionOptions, so its sessions get our
 *     options;
 *   - tfjs_binding.cc is compiled with napi_register_module_v1=tfjs_register_module_v1, so that Node calls
 *     our registration, which lets tfjs fill the exports and adds `setSessionOptions(config: Uint8Array,
 *     target: string): void`.
 */
#include <node_api.h>

#include <string>

#include "tensorflow/c/c_api.h"

extern "C" napi_value tfjs_register_module_v1(napi_env env, napi_value exports);

namespace {

/** What the next session is made with; empty means TensorFlow's default. */
struct Settings {
    /** A serialized tensorflow.ConfigProto, found good by `setSessionOptions`. */
    std::string config;
    /** '' for this process, else for example `grpc://host:port`. */
    std::string target;
};

// One for the process, without a lock: only one thread of a process can load this addon
// (tensorflow/tfjs#8388).
Settings settings;

/** Throws a JavaScript error, unless one is already on its way. */
void throwError(napi_env env, const std::string &message) {
    bool pending = false;
    if (napi_is_exception_pending(env, &pending) == napi_ok && pending) return;
    napi_throw_error(env, nullptr, message.c_str());
}

/** @returns false where `value` is no Uint8Array (or Buffer, which is one) */
bool readBytes(napi_env env, napi_value value, std::string *bytes) {
    bool typedArray = false;
    if (napi_is_typedarray(env, value, &typedArray) != napi_ok || !typedArray) return false;
    napi_typedarray_type type;
    size_t length = 0;
    void *data = nullptr;
    if (napi_get_typedarray_info(env, value, &type, &length, &data, nullptr, nullptr) != napi_ok) return false;
    if (type != napi_uint8_array) return false;
    // An empty array may have no memory at all.
    bytes->assign(length == 0 ? "" : static_cast<const char *>(data), length);
    return true;
}

/** @returns false where `value` is no string */
bool readString(napi_env env, napi_value value, std::string *text) {
    size_t length = 0;
    if (napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) return false;
    // Node writes a NUL behind the text.
    text->resize(length + 1);
    if (napi_get_value_string_utf8(env, value, &(*text)[0], length + 1, &length) != napi_ok) return false;
    text->resize(length);
    return true;
}

/** Sets `config` in `options`. @returns '' or what TensorFlow says against it */
std::string setConfig(TF_SessionOptions *options, const std::string &config) {
    TF_Status *status = TF_NewStatus();
    TF_SetConfig(options, config.data(), config.size(), status);
    const std::string fault = TF_GetCode(status) == TF_OK ? "" : TF_Message(status);
    TF_DeleteStatus(status);
    return fault;
}

/** @returns '' where `config` is a ConfigProto, else what TensorFlow says against it */
std::string faultOf(const std::string &config) {
    TF_SessionOptions *options = TF_NewSessionOptions();
    const std::string fault = setConfig(options, config);
    TF_DeleteSessionOptions(options);
    return fault;
}

/**
 * setSessionOptions(config: Uint8Array, target: string): void, for all sessions made from now on. Throws, and
 * leaves the settings as they were, where an argument is of a wrong type or `config` is no ConfigProto.
 */
napi_value setSessionOptions(napi_env env, napi_callback_info info) {
    size_t count = 2;
    napi_value arguments[2];
    if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok) return nullptr;
    Settings wanted;
    // Arguments that are not given read as undefined.
    if (!readBytes(env, arguments[0], &wanted.config) || !readString(env, arguments[1], &wanted.target)) {
        throwError(env, "setSessionOptions: expected (config: Uint8Array, target: string)");
        return nullptr;
    }
    const std::string fault = faultOf(wanted.config);
    if (!fault.empty()) {
        throwError(env, "setSessionOptions: config is no ConfigProto: " + fault);
        return nullptr;
    }
    settings = wanted;
    return nullptr;
}

}  // namespace

/** What tfjs_backend.cc calls where it says TF_NewSessionOptions. The caller deletes the result. */
extern "C" TF_SessionOptions *aerial_NewSessionOptions() {
    TF_SessionOptions *options = TF_NewSessionOptions();
    if (!settings.target.empty()) TF_SetTarget(options, settings.target.c_str());
    // Cannot fail: the same bytes were tried when they were given.
    if (!settings.config.empty()) setConfig(options, settings.config);
    return options;
}

/** Node calls this when it loads the addon. */
extern "C" NAPI_MODULE_EXPORT napi_value napi_register_module_v1(napi_env env, napi_value exports) {
    exports = tfjs_register_module_v1(env, exports);
    if (exports == nullptr) return nullptr;
    napi_value function;
    const char *name = "setSessionOptions";
    if (napi_create_function(env, name, NAPI_AUTO_LENGTH, setSessionOptions, nullptr, &function) != napi_ok ||
        napi_set_named_property(env, exports, name, function) != napi_ok) {
        throwError(env, "cannot export setSessionOptions");
        return nullptr;
    }
    return exports;
}

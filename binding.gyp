{
  "targets": [
    {
      "target_name": "bsd_socket",
      "sources": ["<!@(node -p \"require('fs').readFileSync('native/sources.txt','utf8')\")"],
      "defines": ["NAPI_VERSION=8", "NODE_ADDON_API_DISABLE_DEPRECATED", "NODE_ADDON_API_DISABLE_CPP_EXCEPTIONS"],
      "cflags_cc!": ["-std=gnu++20", "-fexceptions"],
      "cflags_cc": ["-std=c++17", "-isystem", "../<!(node -p \"require('node-addon-api').include_dir\")", "-fno-exceptions", "-fvisibility=hidden", "-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"],
      "xcode_settings": {
        "OTHER_CPLUSPLUSFLAGS": ["-isystem", "../<!(node -p \"require('node-addon-api').include_dir\")"],
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_ENABLE_CPP_EXCEPTIONS": "NO",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0",
        "WARNING_CFLAGS": ["-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror"]
      }
    }
  ]
}

"""The verifier's own words, for where the house and its words are not at hand.

1. Vietnamese first, English beside it; a code without a sentence is told by its code.
2. Each finding belongs to a class; a class has an exit code of its own. The gravest class found,
   in this order, is the one that the program ends with.
"""

from collections.abc import Mapping
from typing import Final

LANGUAGES: Final = ("vi", "en")
UNUSABLE: Final = 2
"""Exit code when nothing could be judged: no file, no policy, no such option."""

CLASSES: Final[Mapping[str, int]] = {
    "container": 10,
    "checkpoint": 11,
    "history": 12,
    "entries": 13,
    "payloads": 14,
    "replay": 15,
    "evidence": 16,
    "signatures": 17,
    "time": 18,
}

_OF_CLASS: Final[Mapping[str, tuple[str, ...]]] = {
    "container": (
        *("container_unreadable", "member_damaged", "member_missing", "member_too_large"),
        *("manifest_unreadable", "manifest_differs", "format_unknown"),
        *("line_too_long", "line_unfinished", "entries_unreadable", "payloads_unreadable"),
        *("heads_unreadable", "tile_path_invalid", "tile_missing"),
    ),
    "checkpoint": (
        *("note_malformed", "checkpoint_malformed", "origin_differs", "root_differs"),
        *("note_signature_invalid", "note_not_signed", "quorum_not_met", "checkpoint_in_future"),
        *("cosignature_wrong", "cosignature_malformed", "cosignature_in_future"),
    ),
    "history": (
        *("history_differs", "held_unreadable", "held_untrusted", "held_of_other_log"),
        *("newest_withheld", "head_differs", "head_missing", "head_not_proven", "heads_malformed"),
    ),
    "payloads": (
        *("payload_differs", "payload_unexpected", "payload_unreadable", "payload_without_entry"),
    ),
    "replay": (
        *("not_opened", "opened_twice", "wrong_initial", "unknown_transition", "wrong_source"),
        *("wrong_target", "wrong_role", "role_not_held", "same_person", "evidence_absent"),
        *("evidence_unknown", "after_end", "definition_changed", "definition_of_other_process"),
        *("definition_missing", "definition_differs", "definition_unreadable"),
        *("definition_not_published", "code_gap"),
    ),
    "evidence": ("evidence_missing", "evidence_differs", "evidence_size_differs"),
    "time": ("time_falls", "time_in_future", "time_after_outside", "time_before_outside"),
}
_CLASS: Final = {code: name for name, codes in _OF_CLASS.items() for code in codes}

FINDINGS: Final[Mapping[str, tuple[str, str]]] = {
    "container_unreadable": (
        "tệp không phải là gói hồ sơ nguyên vẹn (hỏng, bị nén lại hoặc bị cắt)",
        "the file is no whole pack (damaged, packed anew or cut)",
    ),
    "member_damaged": ("tệp bên trong bị hỏng", "a file inside is damaged"),
    "member_missing": ("thiếu tệp bên trong", "a file inside is missing"),
    "manifest_differs": (
        "tệp không khớp với bản kê của gói",
        "a file is not the one that the pack lists",
    ),
    "tile_missing": ("thiếu một phần cây băm của nhật ký", "a part of the log's tree is missing"),
    "origin_differs": ("gói của một nhật ký khác", "the pack is of another log"),
    "root_differs": (
        "các mục không dẫn tới gốc đã ký của điểm kiểm tra",
        "the entries do not lead to the signed root of the checkpoint",
    ),
    "note_signature_invalid": (
        "chữ ký trên điểm kiểm tra không đúng",
        "the signature on the checkpoint does not hold",
    ),
    "note_not_signed": (
        "không khóa nào trong chính sách của bạn đã ký điểm kiểm tra",
        "no key of your policy signed the checkpoint",
    ),
    "quorum_not_met": (
        "chưa đủ số bên làm chứng mà chính sách của bạn đòi hỏi",
        "fewer witnesses than your policy asks for",
    ),
    "history_differs": (
        "nhật ký không tiếp nối điểm kiểm tra mà bạn giữ: lịch sử đã bị viết lại hoặc tách nhánh",
        "the log does not go on from what you hold: history was rewritten or forked",
    ),
    "held_unreadable": ("điểm kiểm tra bạn đưa không đọc được", "what you hold cannot be read"),
    "held_untrusted": (
        "điểm kiểm tra bạn đưa không đứng vững theo chính sách",
        "what you hold does not stand by your policy",
    ),
    "held_of_other_log": ("điểm kiểm tra bạn đưa thuộc nhật ký khác", "you hold another log's"),
    "newest_withheld": (
        "thiếu các mục mới nhất của một chuỗi: chúng đã bị giữ lại",
        "the newest entries of a stream were withheld",
    ),
    "head_differs": ("mục cuối của một chuỗi không khớp", "the newest entry of a stream differs"),
    "head_missing": ("thiếu bằng chứng cho mục cuối của chuỗi", "a stream's head is not proven"),
    "head_not_proven": (
        "bằng chứng cho mục cuối của chuỗi không đúng",
        "the proof of a stream's head does not hold",
    ),
    "index_repeated": ("số thứ tự lặp lại", "an index comes twice"),
    "beyond_checkpoint": ("mục nằm ngoài điểm kiểm tra", "an entry lies beyond the checkpoint"),
    "not_in_tree": (
        "mục không có trong nhật ký đã công bố: nội dung đã bị sửa",
        "the entry is not in the published log: it was changed",
    ),
    "entry_malformed": ("mục nói điều định dạng không cho phép", "an entry breaks its format"),
    "body_unreadable": ("mục không đọc được", "an entry cannot be read"),
    "body_not_canonical": (
        "mục không ở dạng chuẩn",
        "an entry is not spelled in its canonical form",
    ),
    "stream_gap": ("thiếu mục ở giữa chuỗi", "entries are missing in a stream"),
    "stream_repeated": ("mục lặp trong chuỗi", "an entry comes twice in a stream"),
    "prev_differs": ("mục không nối với mục trước", "an entry does not follow the one before"),
    "payload_differs": (
        "nội dung kèm theo mục đã bị sửa",
        "what stands beside an entry was changed",
    ),
    "payload_unexpected": ("nội dung thừa bên cạnh mục", "a payload that no entry has"),
    "payload_unreadable": ("nội dung kèm theo không đọc được", "a payload cannot be read"),
    "payload_without_entry": ("nội dung không thuộc mục nào", "a payload without an entry"),
    "not_opened": ("hồ sơ đi tiếp khi chưa mở", "a case goes on that was never opened"),
    "opened_twice": ("hồ sơ mở hai lần", "a case was opened twice"),
    "wrong_initial": ("hồ sơ không mở ở trạng thái đầu", "a case did not open where it must"),
    "unknown_transition": ("bước không có trong quy trình", "a step that the process has not"),
    "wrong_source": ("bước đi từ trạng thái không được phép", "a step from a wrong state"),
    "wrong_target": ("bước tới trạng thái không được phép", "a step to a wrong state"),
    "wrong_role": ("vai trò không được làm bước này", "a role that may not take the step"),
    "role_not_held": (
        "người làm không giữ vai trò đó vào ngày ấy",
        "who took the step did not hold the role that day",
    ),
    "same_person": (
        "một người đứng cả hai phía của hai bước phải tách bạch",
        "one person took both of two steps that must be kept apart",
    ),
    "evidence_absent": (
        "bước được ghi mà thiếu bằng chứng bắt buộc",
        "a step without the evidence that it asks for",
    ),
    "evidence_unknown": (
        "bước dẫn tệp chưa từng được đính kèm trong hồ sơ",
        "a step names a file that was never attached",
    ),
    "after_end": ("bước sau khi hồ sơ đã kết thúc", "a step after the end of the case"),
    "definition_changed": (
        "hồ sơ đổi quy trình mà không có mục nào cho phép",
        "a case changed its definition without an entry that says so",
    ),
    "definition_of_other_process": ("quy trình khác tên", "the definition of another process"),
    "definition_missing": ("thiếu định nghĩa quy trình", "a definition is missing"),
    "definition_differs": ("định nghĩa quy trình đã bị sửa", "a definition was changed"),
    "definition_unreadable": ("định nghĩa không đọc được", "a definition cannot be read"),
    "definition_not_published": (
        "định nghĩa chưa được ban hành trong nhật ký trước khi dùng",
        "a definition was used that the log had not published",
    ),
    "code_gap": ("thiếu số hồ sơ trong dãy", "the numbers of the cases have a gap"),
    "evidence_missing": ("thiếu tệp bằng chứng", "a file of evidence is missing"),
    "evidence_differs": ("tệp bằng chứng đã bị sửa", "a file of evidence was changed"),
    "evidence_size_differs": ("kích thước tệp không khớp", "a file has another size"),
    "time_falls": ("thời gian ghi đi lùi", "the time of recording falls"),
    "time_in_future": ("thời gian ghi ở tương lai", "the time of recording has not come yet"),
    "time_after_outside": (
        "mục ghi muộn hơn thời điểm bên ngoài đã thấy nó",
        "an entry is dated after somebody else had seen it",
    ),
    "time_before_outside": (
        "mục ghi sớm hơn thời điểm bên ngoài khi nó chưa có",
        "an entry is dated before a moment at which it was not there",
    ),
}

NOT_CHECKED: Final[Mapping[str, tuple[str, str]]] = {
    "checkpoint_signature": (
        "Chữ ký trên điểm kiểm tra: không có tệp chính sách của bạn (--policy)",
        "The signature on the checkpoint: you gave no policy file (--policy)",
    ),
    "witnesses": (
        "Bên làm chứng: chính sách không đòi hỏi bên nào",
        "Witnesses: no policy asks for any",
    ),
    "no_held_checkpoint": (
        "Lịch sử có bị viết lại không: bạn không đưa điểm kiểm tra cũ nào (--held)",
        "Whether history was rewritten: you gave no older checkpoint (--held)",
    ),
    "held_is_newer": (
        "Điểm kiểm tra mới hơn gói này: {count} (hãy đưa cả gói mới hơn)",
        "Checkpoints newer than this pack: {count} (give the newer pack, too)",
    ),
    "time_from_outside": (
        "Thời gian thật: không có dấu thời gian nào từ bên ngoài",
        "The true time: nobody outside told one",
    ),
    "newest_entries": (
        "{count} mục cuối của nhật ký: chưa có bản ghi các mục cuối nào nói về chúng",
        "The last {count} entries of the log: no record of all newest entries speaks of them",
    ),
    "streams_in_part": (
        "{count} chuỗi chỉ có một phần trong gói",
        "{count} streams are in the pack in part only",
    ),
    "roles": (
        "Vai trò của người làm ở {count} bước: nhật ký không kể đủ việc giao vai trò",
        "The role held at {count} steps: the log does not tell all grants",
    ),
    "payload_left_out": (
        "{count} nội dung kèm theo không có trong gói",
        "{count} payloads are not in the pack",
    ),
    "personal_left_out": (
        "{count} nội dung có dữ liệu cá nhân không có trong gói",
        "{count} payloads with personal data are not in the pack",
    ),
    "evidence_disposed": (
        "{count} tệp đã tiêu hủy theo quy định: chỉ còn mã băm",
        "{count} files were disposed of by the rules: only their digests are left",
    ),
    "signed_by_password": (
        "{count} bước ký bằng mật khẩu: chỉ hệ thống làm chứng",
        "{count} steps were signed by password: only the house vouches for them",
    ),
    "guards": (
        "Điều kiện, số liệu, thời hạn và đơn vị: đã ghi lại, không tính lại được",
        "Conditions, figures, windows and units: recorded, not recomputed",
    ),
    "readable_pages": (
        "index.html, README và thư mục cases/, verifier/, keys/: để đọc, không chứng minh gì",
        "index.html, README, cases/, verifier/ and keys/: for reading, they prove nothing",
    ),
    "scope": (
        "Phạm vi có đủ mọi hồ sơ không: chỉ các hồ sơ trong gói được kiểm tra",
        "Whether the scope has every case: only the cases in the pack were checked",
    ),
    "timestamps": (
        "{count} dấu thời gian RFC 3161: cần quytrinh[verify] hoặc openssl ts",
        "{count} RFC 3161 timestamps: they need quytrinh[verify] or openssl ts",
    ),
}

FRAME: Final[Mapping[str, tuple[str, str]]] = {
    "intact": (
        "NGUYÊN VẸN trong những gì đã kiểm tra",
        "INTACT in all that was checked",
    ),
    "broken": ("KHÔNG NGUYÊN VẸN: {count} lỗi", "NOT INTACT: {count} faults"),
    "log": ("Nhật ký {origin}, {size} mục", "Log {origin}, {size} entries"),
    "root": ("Gốc {root}", "Root {root}"),
    "signed": ("Người ký theo chính sách của bạn: {names}", "Signed, by your policy: {names}"),
    "instance": ("Phạm vi: hồ sơ {value}", "Scope: case {value}"),
    "process": ("Phạm vi: quy trình {value}", "Scope: process {value}"),
    "year": ("Phạm vi: năm {value}", "Scope: year {value}"),
    "checked": ("Đã kiểm tra:", "Checked:"),
    "entries": ("{count} mục", "{count} entries"),
    "cases": ("{count} hồ sơ", "{count} cases"),
    "payloads": ("{count} nội dung kèm theo", "{count} payloads"),
    "erased": ("{count} nội dung đã xóa theo quy định", "{count} payloads erased by the rules"),
    "definitions": ("{count} quy trình", "{count} definitions"),
    "files": ("{count} tệp bằng chứng", "{count} files of evidence"),
    "entry": ("mục {idx}", "entry {idx}"),
    "extra": ("Tệp thừa, không mục nào nhắc tới:", "Files that no entry speaks of:"),
    "not_checked": ("KHÔNG kiểm tra:", "NOT checked:"),
    "unusable": ("Không kiểm tra được: {problem}", "Nothing could be checked: {problem}"),
}


def class_of(code: str) -> str:
    """The class of a finding; whatever is said of no other class is of the entries."""
    if code.startswith(("signature_", "key_")):
        return "signatures"
    return _CLASS.get(code, "entries")


def said(words: Mapping[str, tuple[str, str]], code: str, language: str, **params: object) -> str:
    """A sentence; the code itself where there is none (rule 1)."""
    pair = words.get(code)
    if pair is None:
        return code
    return pair[LANGUAGES.index(language)].format(**params)

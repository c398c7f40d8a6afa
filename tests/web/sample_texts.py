"""The words of the sample mbox: a small library that moves house. Invented from end to end.

How they become messages is `tests.web.make_sample`.
"""

from __future__ import annotations

THREAD = (
    (
        "Ada Brook <ada@library.example>",
        "Moving the reading room",
        "The landlord has confirmed: we can have the old bakery from the first of May. The reading "
        "room would get the front windows and the ovens would stay as shelves.\n\nWho can help to "
        "measure the walls on Saturday?\n\nAda",
    ),
    (
        "Tom Field <tom@library.example>",
        "Re: Moving the reading room",
        "> Who can help to measure the walls on Saturday?\n\nI can, from ten. I will bring the "
        "laser and the long ladder.\n\nTom",
    ),
    (
        "Minji Kim <minji@library.example>",
        "Re: Moving the reading room",
        "Saturday is good for me too. 도면은 제가 그릴게요 (I will draw the plan).\n\nMinji",
    ),
    (
        "Ada Brook <ada@library.example>",
        "Re: Moving the reading room",
        "Wonderful. Coffee is on me. Please think about the delivery date of the new shelves: the "
        "carpenter needs six weeks.\n\nAda",
    ),
    (
        "Tom Field <tom@library.example>",
        "Re: Moving the reading room",
        "Measured: 11.4 m by 6.2 m, ceiling 3.1 m. The floor carries 500 kg per square "
        "metre, which is enough for double rows.\n\nFrom here on it is only arithmetic.\n\nTom",
    ),
    (
        "Orla Quinn <orla@carpenter.example>",
        "Re: Moving the reading room",
        "Dear all, for 46 running metres of oak shelves I can offer delivery on 18 April. The "
        "invoice would come in two halves.\n\nOrla Quinn, carpenter",
    ),
    (
        "Ada Brook <ada@library.example>",
        "Re: Moving the reading room",
        "Agreed. Tom, could you ask for a second opinion on the floor? I would sleep "
        "better.\n\nAda",
    ),
)

LETTERS = (
    (
        "Rosa Marin <rosa@reader.example>",
        "Is the children's corner moving too?",
        "My two sons ask every day whether the whale comes along. Please say yes.\n\nRosa",
    ),
    (
        "Ada Brook <ada@library.example>",
        "Re: Is the children's corner moving too?",
        "The whale goes first, before any book. It gets the place by the stove.\n\nAda",
    ),
    (
        "Fire Office <office@fire.example>",
        "Inspection of the former bakery",
        "We confirm the inspection on 14 April at 9:30. Please keep both exits clear and have the "
        "plan of the electric wiring ready.\n\nFire Office, Room 12",
    ),
    (
        "Night Shift <night@bakery.example>",
        "The keys",
        "The keys are with the flower shop next door. The second lock turns to the left.\n",
    ),
    (
        "Tom Field <tom@library.example>",
        "Opening hours during the move",
        "From Monday to Wednesday we open in the afternoon only. Returns are taken at the side "
        "door as always.\n\nTom",
    ),
    (
        "Ines Adler <ines@archive.example>",
        "Two boxes of letters from 1921",
        "While clearing the attic I found two boxes of letters between the founder and the "
        "printer. They should not be moved before somebody has looked at them.\n\nInes",
    ),
    (
        "Harbour Radio <desk@radio.example>",
        "Interview about the move",
        "Could somebody tell our listeners on Thursday why a library needs an oven? Five minutes, "
        "live, at a quarter past eight.\n",
    ),
    (
        "Piet de Boer <piet@boat.example>",
        "A boat for the heavy books",
        "The canal passes both houses. My boat takes four tons and asks for no parking.\n\nPiet",
    ),
    (
        "Ada Brook <ada@library.example>",
        "Re: A boat for the heavy books",
        "Piet, this is the best offer of the year. Friday morning, if the lock opens?\n\nAda",
    ),
    (
        "Lost and Found <found@library.example>",
        "One glove, one recorder, eleven umbrellas",
        "All of it is in the blue crate behind the counter until the end of the month.\n",
    ),
)

# (charset, sender, subject, body)
KOREAN = (
    (
        "utf-8",
        "김민지 <minji@library.example>",
        "도서관 이사 일정 안내",
        "안녕하세요, 김민지입니다.\n\n열람실은 4월 18일에 옮깁니다. 온라인결제시스템은 "
        "이사 기간에도 그대로 쓸 수 있습니다.\n\n감사합니다.\n",
    ),
    (
        "utf-8",
        "한빛인쇄 <print@hanbit.example>",
        "견적서 보내드립니다",
        "요청하신 회원증 500장의 견적서를 첨부합니다. 결제는 납품 후 7일 이내에 부탁드립니다.\n",
    ),
    (
        "utf-8",
        "박서준 <seojun@reader.example>",
        "책 반납이 늦어 죄송합니다",
        "출장 때문에 반납이 늦었습니다. 이번 주 금요일에 꼭 가져가겠습니다.\n",
    ),
    (
        "euc-kr",
        "이하늘 <haneul@reader.example>",
        "어린이 책 모임",
        "다음 어린이 책 모임은 토요일 오후 두 시입니다. 고래 인형도 함께합니다.\n",
    ),
    (
        "euc-kr",
        "서울서점 <shop@books.example>",
        "주문 확인: 12권",
        "주문하신 책 12권이 내일 도착합니다. 배송 조회는 아래 번호로 하실 수 있습니다.\n",
    ),
    (
        "cp949",
        "강똠방 <ttom@reader.example>",
        "똠방각하와 펲시맨",
        "이 편지의 글자는 옛 완성형에 없는 글자입니다: 똠, 펲, 햏, 뷁.\n",
    ),
    (
        "iso-2022-kr",
        "최은영 <eunyoung@archive.example>",
        "옛 편지의 보존",
        "다락방에서 나온 1921년 편지는 중성지 상자에 보관해 주세요.\n",
    ),
    (
        "iso-2022-kr",
        "최은영 <eunyoung@archive.example>",
        "Re: 옛 편지의 보존",
        "습도는 오십 퍼센트를 넘지 않게 해 주세요.\n",
    ),
)

NEWSLETTER = """<html><head><title>Spring at the library</title>
<style>.hidden-head { display: none } h1 { color: #7a3b00 }</style></head>
<body><div style="display:none;max-height:0">Only mail programs show this line.</div>
<h1>Spring at the library</h1>
<p>Caf&eacute;, crumbs &amp; books: the bakery opens its doors on <b>1&nbsp;May</b>.</p>
<table border="1" cellpadding="4"><tr><th>Day</th><th>What</th></tr>
<tr><td>Friday</td><td>Books by boat</td></tr>
<tr><td>Saturday</td><td>First loaf, first loan</td></tr>
</table>
<p><img src="https://pictures.example/bakery.jpg" alt="The bakery" width="320" height="120"></p>
<p><a href="https://library.example/spring">Read on</a></p></body></html>"""

NOTICE_WITH_PICTURE = """<html><body><p>The new stamp for returned books:</p>
<p><img src="cid:stamp@library.example" alt="A striped stamp"></p>
<p>Blue for adults, green for children.</p></body></html>"""

HOSTILE = """<html><body onload="alert('on load')"><p>You have won a shelf.</p>
<script>document.title = 'taken over'; alert('script')</script>
<form action="https://collect.example/"><input name="password"><button>Claim</button></form>
<a href="javascript:alert('link')">Claim it here</a>
<img src="https://track.example/pixel.gif" onerror="alert('error')" width="1" height="1">
<div style="position:fixed;inset:0;background:url(https://track.example/b.png)">Cover</div>
<iframe src="https://collect.example/frame"></iframe></body></html>"""
